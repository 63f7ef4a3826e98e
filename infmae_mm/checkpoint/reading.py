"""Reading checkpoints: no code is run, nothing damaged is taken."""

import logging
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import torch
from mmengine.fileio import get_local_path
from mmengine.logging import print_log
from torch import Tensor
from torch.serialization import safe_globals

from .error import CheckpointError
from .names import StateDict
from .plain_data import FORBIDDEN, plain_data
from .published import SCHEME, published_file

# What wrappers of a model put in front of the names of its weights.
WRAPPERS = ('module.', '_orig_mod.')
# All that torch's readers and zipfile raise on bytes they do not understand.
UNREADABLE = (
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    TypeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def read_checkpoint(
    path: str | os.PathLike, map_location: str | torch.device | None = 'cpu'
) -> dict[str, Any]:
    """Read a checkpoint, safely and whole.

    No code that the file may hold is run, the checksum of every record is
    verified, and weights are finite. A file as torch wrote it before version
    1.6 has no checksums: a warning says so.

    Args:
        path (str | os.PathLike): A local file, or anything that
            ``mmengine.fileio`` reads, such as ``https://`` and ``s3://``, or
            ``infmae_mm://NAME`` for weights that this package carries.
        map_location (str | torch.device): Device of the tensors. Defaults to
            'cpu'.

    Returns:
        dict: The checkpoint: a bare state dict, or a dict that holds one.

    Raises:
        CheckpointError: If there is no such file, or it is incomplete,
            damaged, not a checkpoint, holds objects that are no plain data,
            or weights that are NaN or infinite.
    """
    path = os.path.expanduser(path)
    if path.startswith(SCHEME):
        path = str(published_file(path))
    try:
        with get_local_path(path) as local:
            has_checksums = _has_checksums(local, path)
            checkpoint = _load(local, path, map_location)
    except OSError as error:
        raise CheckpointError(
            f'Cannot read the checkpoint {path}: {error}. Check the path.'
        ) from error
    except (KeyError, ImportError) as error:  # of the scheme of an address
        scheme = path.split('://')[0]
        close = get_close_matches(scheme, (SCHEME.removesuffix('://'),))
        hint = f' Did you mean {close[0]}://?' if close else ''
        raise CheckpointError(
            f'{path}: checkpoints cannot be read from {scheme}://.{hint} '
            f'Download the file, and name that. {error}'
        ) from error
    if not isinstance(checkpoint, dict):
        raise CheckpointError(
            f'{path} holds a {type(checkpoint).__name__}, not a checkpoint: '
            "a state dict, or a dict with one under 'state_dict' or 'model'."
        )
    for key in ('state_dict', 'ema_state_dict', 'model', None):
        weights = checkpoint if key is None else checkpoint.get(key)
        if isinstance(weights, Mapping):
            check_finite(weights, path)
    if not has_checksums:
        print_log(
            f'{path} has the form of torch 1.5 and older, without checksums: '
            'damage in its weights cannot be seen.',
            logger='current',
            level=logging.WARNING,
        )
    return checkpoint


def _has_checksums(local: str | Path, path: str) -> bool:
    """Verify the checksums, which torch does not look at.

    Returns:
        bool: False if the file has none.
    """
    with open(local, 'rb') as file:
        starts_as_zip = file.read(4) == b'PK\x03\x04'
    try:
        if not starts_as_zip and not zipfile.is_zipfile(local):
            return False
        with zipfile.ZipFile(local) as archive:
            damaged = archive.testzip()
            # torch leaves the tensor of a "folder" as it is: random memory
            folders = [i.filename for i in archive.infolist() if _is_dir(i)]
    except (*UNREADABLE, NotImplementedError) as error:
        raise _broken(path, error) from error
    if damaged is not None or folders:
        raise CheckpointError(
            f'{path} is damaged: the checksum or the kind of its record '
            f'{damaged or folders[0]} is wrong. Copy or download it again.'
        )
    return True


def _is_dir(record: zipfile.ZipInfo) -> bool:
    return bool(record.external_attr & 0x10)


def _load(
    local: str | Path, path: str, map_location: str | torch.device | None
) -> Any:
    try:
        with safe_globals(plain_data()):
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
    except UNREADABLE as error:
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


def check_finite(values: Mapping[str, Any], path: str | os.PathLike) -> None:
    """Refuse tensors with values that are NaN or infinite.

    Args:
        values (Mapping[str, Any]): Tensors by name; other values are left
            out.
        path (str | os.PathLike): Where they come from, for the message.

    Raises:
        CheckpointError: If there are any.
    """
    bad = [
        name
        for name, value in values.items()
        if isinstance(value, Tensor) and not _is_finite(value)
    ]
    if bad:
        raise CheckpointError(
            f'{path} holds values that are NaN or infinite, in {len(bad)} of '
            f'its tensors: {", ".join(map(str, bad[:5]))}. The run that wrote '
            'it had failed, or the file is damaged: take an earlier one.'
        )


def _is_finite(value: Tensor) -> bool:
    if not (value.is_floating_point() or value.is_complex()):
        return True
    if value.is_meta or value.layout != torch.strided:
        return not value.is_meta
    if value.element_size() == 1:  # float8, of which torch tells nothing
        value = value.float()
    return bool(value.isfinite().all())


def extract_state_dict(
    checkpoint: Mapping[str, Any], path: str | os.PathLike = 'The checkpoint'
) -> StateDict:
    """Find the state dict in a checkpoint.

    Args:
        checkpoint (Mapping): ``{'state_dict': ...}`` (mmengine),
            ``{'model': ...}`` (MAE and the authors), or a bare state dict.
        path (str | os.PathLike): The file, for the message.

    Returns:
        dict[str, Tensor]: The weights, without the ``module.`` and
        ``_orig_mod.`` that ``DistributedDataParallel`` and ``torch.compile``
        put in front of names.

    Raises:
        CheckpointError: If there is none.
    """
    for found in (
        checkpoint.get('state_dict'),
        checkpoint.get('model'),
        checkpoint,
    ):
        if _is_state_dict(found):
            return _unwrapped(dict(found))
    others = [k for k, v in checkpoint.items() if _is_state_dict(v)]
    advice = ''
    if others:
        advice = (
            f' There are tensors under {others[0]!r}: if they are the '
            'weights, save them alone, by torch.save.'
        )
    elif any(isinstance(value, Tensor) for value in checkpoint.values()):
        other = [k for k, v in checkpoint.items() if not isinstance(v, Tensor)]
        advice = (
            ' Beside tensors there is what is none, so that it is no state '
            f'dict: {", ".join(map(str, other[:5]))}. Save the tensors alone.'
        )
    raise CheckpointError(
        f"{path} holds no weights, neither under 'state_dict' nor under "
        f"'model'.{advice} It holds: "
        f'{", ".join(map(str, checkpoint))[:500]}.'
    )


def _unwrapped(state_dict: StateDict) -> StateDict:
    """Names without what wrappers, one in another, put in front of all."""
    for wrapper in WRAPPERS:
        if all(name.startswith(wrapper) for name in state_dict):
            return _unwrapped(
                {n.removeprefix(wrapper): v for n, v in state_dict.items()}
            )
    return state_dict


def _is_state_dict(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and len(value) > 0
        and all(isinstance(name, str) for name in value)
        and all(isinstance(v, Tensor) for v in value.values())
    )
