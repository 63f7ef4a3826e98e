"""What a checkpoint may hold beside tensors."""

import pickle
import re
from argparse import Namespace
from collections.abc import Callable
from typing import Any

import numpy as np
from mmengine.logging import HistoryBuffer

# What torch says of objects that it was not told to trust.
FORBIDDEN = re.compile(
    r'(?:GLOBAL|reduce for unrecognized function|instantiate unsupported '
    r'class|allowlisted via `add_safe_globals`, but got|refused) (\S+)'
)


def plain_data() -> list[Callable]:
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
