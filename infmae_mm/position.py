"""Fixed 2-D sin-cos position embeddings of any grid."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .sizes import is_exporting

Grid = tuple[int, int]


def sincos_position_embedding(grid: Grid, embed_dims: int) -> Tensor:
    """The position embedding of MAE: half the channels for each axis.

    Args:
        grid (tuple[int, int]): Rows and columns.
        embed_dims (int): Channels; a multiple of 4.

    Returns:
        Tensor: ``(1, rows * columns, embed_dims)``, float32.

    Raises:
        ValueError: If ``embed_dims`` is not a multiple of 4.
    """
    if embed_dims % 4:
        raise ValueError(
            f'A 2-D sin-cos position embedding needs embed_dims divisible by '
            f'4, got {embed_dims}.'
        )
    rows, columns = (torch.arange(n, dtype=torch.float64) for n in grid)
    quarter = embed_dims // 4
    omega = torch.arange(quarter, dtype=torch.float64) / quarter
    omega = torch.pow(10000.0, -omega)
    y, x = torch.meshgrid(rows, columns, indexing='ij')
    # Columns come before rows, as in MAE.
    angles = [axis.reshape(-1, 1) * omega for axis in (x, y)]
    table = torch.cat(
        [f(a) for a in angles for f in (torch.sin, torch.cos)], 1
    )
    return table.float()[None]  # (1, rows * columns, embed_dims)


def resize_position_embedding(table: Tensor, grid: Grid, to: Grid) -> Tensor:
    """Interpolate a position embedding to another grid (bicubic).

    Args:
        table (Tensor): ``(1, rows * columns, C)``.
        grid (tuple[int, int]): Rows and columns of the table.
        to (tuple[int, int]): Rows and columns wanted.

    Returns:
        Tensor: ``(1, to[0] * to[1], C)``; the table itself if nothing changes.
    """
    if is_exporting():
        # onnxruntime is slow at bicubic: the same as products with matrices
        down, across = (
            cubic_weights(old, new).to(table)[None]
            for old, new in zip(grid, to, strict=True)
        )
        table = table.unflatten(1, grid)[0].permute(2, 0, 1)  # (C, rows, cols)
        table = down @ table @ across.transpose(1, 2)  # (C, to[0], to[1])
        return table.flatten(1).T[None]  # (1, N, C)
    if grid == to:
        return table
    table = table.unflatten(1, grid).permute(0, 3, 1, 2)  # (1, C, rows, cols)
    table = F.interpolate(table, size=to, mode='bicubic')
    return table.flatten(2).transpose(1, 2)  # (1, N, C)


def cubic_weights(length: int, to: int) -> Tensor:
    """What ``F.interpolate`` with ``bicubic`` does along one axis.

    Args:
        length (int): Old length.
        to (int): New length.

    Returns:
        Tensor: ``(to, length)``, float32: the share of each old value in
        each new one.
    """
    at = (torch.arange(to) + 0.5) * length / to - 0.5  # in old positions
    taps = at.floor()[:, None] + torch.arange(-1, 3)  # (to, 4)
    apart = (at[:, None] - taps).abs()
    a = -0.75  # of Keys' kernel, as in torch
    near = ((a + 2) * apart - (a + 3)) * apart * apart + 1
    far = ((a * apart - 5 * a) * apart + 8 * a) * apart - 4 * a
    weights = torch.where(apart <= 1, near, far)
    # beyond the edge the last value goes on
    inside = taps.clamp(0, length - 1)[..., None] == torch.arange(length)
    return (weights[..., None] * inside).sum(1)


def grid_of_table(table: Tensor, grid: Grid, key: str) -> Grid:
    """Rows and columns of a position embedding found in a checkpoint.

    Args:
        table (Tensor): ``(1, N, C)``.
        grid (tuple[int, int]): The grid of the model that loads it.
        key (str): The table's name, for the error.

    Returns:
        tuple[int, int]: The model's grid if it has ``N`` cells, or a square.

    Raises:
        ValueError: If ``N`` is neither, or the table has other dimensions.
    """
    if table.ndim != 3:
        raise ValueError(
            f'{key} in the checkpoint has the shape {tuple(table.shape)}, not '
            '(1, N, C).'
        )
    cells = table.shape[1]
    if cells == grid[0] * grid[1]:
        return grid
    side = math.isqrt(cells)
    if side * side != cells:
        raise ValueError(
            f'{key} in the checkpoint has {cells} positions, which is neither '
            f"a square grid nor the model's {grid[0]}x{grid[1]}. Give the "
            'model the img_size that the checkpoint was trained with.'
        )
    return side, side
