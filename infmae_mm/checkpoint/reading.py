"""Reading checkpoints without running any code that they may hold."""

import os
import pickle
import re
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.fileio import get_local_path
from mmengine.logging import HistoryBuffer
from torch import Tensor
from torch.serialization import safe_globals

from .error import CheckpointError
from .names import StateDict
from .published import SCHEME, published_file

# What torch says of objects that it was not told to trust.
FORBIDDEN = re.compile(
    r'(?:GLOBAL|reduce for unrecognized function|instantiate unsupported '
    r'class|allowlisted via `add_safe_globals`, but got|refused) (\S+)'
)


def read_checkpoint(
    path: str | os.PathLike, map_location: str = 'cpu'
) -> dict[str, Any]:
    """Read a checkpoint without running any code that it may hold.

    Args:
        path (str | os.PathLike): A local file, or anything that
            ``mmengine.fileio`` reads, such as ``https://`` and ``s3://``, or
            ``infmae_mm://NAME`` for weights that this package carries.
        map_location (str): Device of the tensors. Defaults to 'cpu'.

    Returns:
        dict: The checkpoint: a bare state dict, or a dict that holds one.

    Raises:
        CheckpointError: If there is no such file, or it is incomplete, not a
            checkpoint, or holds objects that are no plain data.
    """
    path = os.path.expanduser(path)
    if path.startswith(SCHEME):
        path = str(published_file(path))
    try:
        with get_local_path(path) as local:
            checkpoint = _load(local, path, map_location)
    except OSError as error:
        raise CheckpointError(
            f'Cannot read the checkpoint {path}: {error}. Check the path.'
        ) from error
    if not isinstance(checkpoint, dict):
        raise CheckpointError(
            f'{path} holds a {type(checkpoint).__name__}, not a checkpoint: '
            "a state dict, or a dict with one under 'state_dict' or 'model'."
        )
    return checkpoint


def _load(local: str | Path, path: str, map_location: str) -> Any:
    try:
        with safe_globals(_safe_globals()):
            return torch.load(
                local, map_location=map_location, weights_only=True
            )
    except pickle.UnpicklingError as error:
        what = FORBIDDEN.search(str(error))
        if what is None:
            raise _broken(path, error) from error
        raise CheckpointError(
            f'{path} was not loaded: it holds an object that is no plain '
            f'data ({what[1]}), and loading such objects can run any code. If '
            'you trust the file, let the program that wrote it save the '
            "weights alone: torch.save(model.state_dict(), 'weights.pth')."
        ) from error
    except (
        RuntimeError,
        EOFError,
        ValueError,
        LookupError,
        ArithmeticError,
        AssertionError,
        AttributeError,
        TypeError,
    ) as error:
        # All that torch's readers raise on bytes they do not understand.
        raise _broken(path, error) from error


def _broken(path: str, error: Exception) -> CheckpointError:
    # Of a long text, the last part says what was wrong with the bytes.
    reason = str(error).split('WeightsUnpickler error: ')[-1].strip()
    reason = reason.split('\n')[0]
    size = os.path.getsize(path) if os.path.isfile(path) else None
    size = '' if size is None else f' ({size:,} bytes)'
    return CheckpointError(
        f'{path}{size} is not a complete checkpoint: it was truncated, or '
        'something else than torch.save wrote it. Copy or download it again. '
        f'torch says: {type(error).__name__}: {reason}'
    )


def _safe_globals() -> list[Callable]:
    """Plain data in checkpoints of mmengine and of the authors.

    They hold the log's history (numpy arrays in ``HistoryBuffer``) and the
    arguments of the command line (``Namespace``).
    """
    reconstruct = np.zeros(0).__reduce__()[0]
    scalar = np.float64(0).__reduce__()[0]
    codes = '?' + np.typecodes['AllInteger'] + np.typecodes['Float'] + 'US'
    aliases = [
        # NumPy 2 renamed the module that NumPy 1 wrote into files.
        _alias(function, module, name)
        for function, name in (
            (reconstruct, '_reconstruct'),
            (scalar, 'scalar'),
        )
        for module in ('numpy.core.multiarray', 'numpy._core.multiarray')
    ]
    return [
        Namespace,
        HistoryBuffer,
        _alias(_history_statistic, 'builtins', 'getattr'),
        np.ndarray,
        np.dtype,
        *{type(np.dtype(code)) for code in codes},
        *aliases,
    ]


def _alias(function: Callable, module: str, name: str) -> Callable:
    """A function that stands for another name in a pickle."""

    def alias(*args: Any) -> Any:
        return function(*args)

    alias.__module__ = module
    alias.__name__ = alias.__qualname__ = name
    return alias


def _history_statistic(owner: Any, name: str) -> Callable:
    """All that mmengine's checkpoints need of ``getattr``.

    The real one leads from any object to any code.
    """
    if owner is HistoryBuffer and name in ('min', 'max', 'current', 'mean'):
        return getattr(HistoryBuffer, name)
    raise pickle.UnpicklingError(f'refused getattr:{name}')


def extract_state_dict(checkpoint: Mapping[str, Any]) -> StateDict:
    """Find the state dict in a checkpoint.

    Args:
        checkpoint (Mapping): ``{'state_dict': ...}`` (mmengine),
            ``{'model': ...}`` (MAE and the authors), or a bare state dict.

    Returns:
        dict[str, Tensor]: The weights, without the ``module.`` that
        ``DistributedDataParallel`` puts in front of names.

    Raises:
        CheckpointError: If there is none.
    """
    for found in (
        checkpoint.get('state_dict'),
        checkpoint.get('model'),
        checkpoint,
    ):
        if _is_state_dict(found):
            if all(name.startswith('module.') for name in found):
                return {n.removeprefix('module.'): v for n, v in found.items()}
            return dict(found)
    raise CheckpointError(
        "The checkpoint holds no weights, neither under 'state_dict' nor "
        f"under 'model'. It holds: {', '.join(map(str, checkpoint))[:500]}."
    )


def _is_state_dict(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and len(value) > 0
        and all(isinstance(name, str) for name in value)
        and all(isinstance(v, Tensor) for v in value.values())
    )
