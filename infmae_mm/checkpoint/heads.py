"""Attention heads of the encoder, which the shapes of weights do not tell."""

import ast
import os
from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

from ..archs import ARCHS
from .error import CheckpointError

ENCODERS = ('InfMAE', 'InfMAEPretrainEncoder')
"""Classes whose ``arch`` tells the heads; a subclass may have its own."""

NUM_HEADS = 'num_heads'
"""Key of the heads in the ``meta`` of a file, and in an arch."""


def heads_of_file(checkpoint: Mapping[str, Any]) -> int | None:
    """How many attention heads the encoder had whose weights these are.

    Args:
        checkpoint (Mapping): With ``meta``, where ``num_heads`` stands or the
            text of the config, which is read and not run.

    Returns:
        int | None: None if it does not tell, or tells of several encoders.
    """
    meta = checkpoint.get('meta')
    if not isinstance(meta, Mapping):
        return None
    if isinstance(meta.get(NUM_HEADS), int):
        return meta[NUM_HEADS]
    try:
        lines = ast.parse(meta.get('cfg') or '').body
    except (SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
        return None
    found = {
        _heads_of_arch(entries.get('arch'))
        for line in lines
        if isinstance(line, ast.Assign)
        and [getattr(name, 'id', None) for name in line.targets] == ['model']
        for entries in map(_entries, ast.walk(line))
        if _text(entries.get('type')).split('.')[-1] in ENCODERS
    }
    return found.pop() if len(found) == 1 else None


def check_heads(
    module: nn.Module, path: str | os.PathLike, checkpoint: Mapping[str, Any]
) -> None:
    """Refuse weights of another number of heads: they would mean nothing.

    Args:
        module (nn.Module): An encoder, or a model with one.
        path (str | os.PathLike): The file, for the message.
        checkpoint (Mapping): See :func:`heads_of_file`.

    Raises:
        CheckpointError: If the file tells another number than the model's.
    """
    given = heads_of_file(checkpoint)
    own = set(_heads_of_model(module))
    if given is not None and own and own != {given}:
        raise CheckpointError(
            f'{path} is of an encoder with num_heads={given}, and that of '
            f'this {type(module).__name__} has num_heads='
            f'{", ".join(map(str, sorted(own)))}. The shapes are the same, '
            'but the weights would mean nothing: give the arch of the file.'
        )


def _heads_of_model(module: nn.Module) -> Iterator[int]:
    for part in module.modules():
        if type(part).__name__ in ENCODERS:
            yield part.num_heads


def _entries(node: ast.AST) -> dict[str | None, ast.AST]:
    """What a dict of a config says, by its keys; nothing of other code."""
    if isinstance(node, ast.Dict):
        keys = [_text(key) for key in node.keys]
        return dict(zip(keys, node.values, strict=True))
    if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == 'dict':
        return {keyword.arg: keyword.value for keyword in node.keywords}
    return {}


def _heads_of_arch(arch: ast.AST | None) -> int | None:
    if arch is None:
        return ARCHS['base'][NUM_HEADS]  # the default of the encoder
    if isinstance(arch, ast.Constant):
        return ARCHS.get(arch.value, {}).get(NUM_HEADS)
    heads = getattr(_entries(arch).get(NUM_HEADS), 'value', None)
    return heads if isinstance(heads, int) else None


def _text(node: ast.AST | None) -> str:
    value = getattr(node, 'value', None)
    return value if isinstance(value, str) else ''
