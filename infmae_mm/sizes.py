"""Sizes that stay right where they are symbols of an exported graph.

ONNX divides integers towards zero, so that the usual ``-(-n // k)`` and
``-n % k`` are wrong in it, without an error: all operands here are positive.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, compiler


def is_exporting() -> bool:
    """Whether a graph for all sizes is being made of one example.

    A shortcut that depends on a size would become the only way in it.
    """
    # torch before 2.7 does not tell exporting from compiling
    in_export = getattr(compiler, 'is_exporting', compiler.is_compiling)
    return (
        torch.onnx.is_in_onnx_export() or torch.jit.is_tracing() or in_export()
    )


def ceil_div(n: int, k: int) -> int:
    """The quotient of two positive integers, rounded up."""
    return (n + k - 1) // k


def missing(n: int, k: int) -> int:
    """What is missing of a positive ``n`` to the next multiple of ``k``."""
    return ceil_div(n, k) * k - n


def crop(x: Tensor, rows: int, columns: int) -> Tensor:
    """The upper left of maps ``(B, H, W, C)``, or the maps themselves.

    The derivative of a slice that is the whole would fill a map with zeros
    and copy the gradient into it.
    """
    if not is_exporting() and x.shape[1:3] == (rows, columns):
        return x
    return x[:, :rows, :columns]


def pad_to_multiple(x: Tensor, k: int) -> Tensor:
    """Pad images with zeros, below and to the right.

    Args:
        x (Tensor): Images ``(B, C, H, W)``.
        k (int): What the new height and width are multiples of.
    """
    height, width = x.shape[-2:]
    return F.pad(x, (0, missing(width, k), 0, missing(height, k)))
