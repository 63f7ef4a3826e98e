"""Windows of a map: attention inside small squares instead of everywhere."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .sizes import ceil_div, crop, is_exporting, missing


class Windows:
    """Cuts a map of tokens into windows, and puts it together again.

    The first window lies in the upper left corner. Where the map ends inside
    a window, the window is filled up; :meth:`mask` tells what is real, so
    that no token ever sees the filling: each attends to the real tokens of
    its own window. A window that is larger than the map is the map.

    Args:
        grid (tuple[int, int]): Rows and columns of the map.
        size (int): Side of a window, in tokens.
    """

    def __init__(self, grid: tuple[int, int], size: int) -> None:
        self.grid = grid
        self.sides = (
            (size, size)
            if is_exporting()
            else tuple(min(size, side) for side in grid)
        )
        self.counts = tuple(
            ceil_div(side, window)
            for side, window in zip(grid, self.sides, strict=True)
        )
        # Whether nothing is to be filled up; of a graph for all sizes, never.
        self.fits = not is_exporting() and all(
            side % window == 0
            for side, window in zip(grid, self.sides, strict=True)
        )

    def split(self, x: Tensor) -> Tensor:
        """Cut maps ``(B, N, C)`` into windows ``(B * W, w_h * w_w, C)``."""
        b, _, c = x.shape
        (rows, columns), (height, width) = self.grid, self.sides
        down, across = self.counts
        x = x.view(b, rows, columns, c)
        if not self.fits:
            right, below = missing(columns, width), missing(rows, height)
            x = F.pad(x, (0, 0, 0, right, 0, below))
        x = x.view(b, down, height, across, width, c).transpose(2, 3)
        # (B, down, across, w_h, w_w, C) to (B * W, w_h * w_w, C)
        return x.reshape(b * down * across, height * width, c)

    def join(self, x: Tensor) -> Tensor:
        """Lay windows ``(B * W, w_h * w_w, C)`` out as maps ``(B, N, C)``."""
        c = x.shape[-1]
        (rows, columns), (height, width) = self.grid, self.sides
        down, across = self.counts
        x = x.view(-1, down, across, height, width, c).transpose(2, 3)
        # (B, down, w_h, across, w_w, C) to the filled map, (B, H, W, C)
        x = x.reshape(-1, down * height, across * width, c)
        return crop(x, rows, columns).reshape(-1, rows * columns, c)

    def mask(self, x: Tensor) -> Tensor | None:
        """Which tokens of the windows are real.

        Args:
            x (Tensor): Maps ``(B, N, C)``, for their number and device.

        Returns:
            Tensor | None: ``(B * W, 1, 1, w_h * w_w)``, bool, for each head
            and query alike; None if the windows cover the map exactly.
        """
        if self.fits:
            return None
        real = torch.ones_like(x[..., :1], dtype=torch.bool)
        return self.split(real).squeeze(-1)[:, None, None]


def check_windows(
    window_size: int | None, global_indices: Sequence[int], depth: int
) -> None:
    """Refuse windows that cannot be, and indices that nothing would read.

    Args:
        window_size (int, optional): Tokens on a side.
        global_indices (Sequence[int]): Blocks of stage 3 without windows.
        depth (int): Blocks of stage 3.

    Raises:
        ValueError: If there are such.
    """
    if window_size is None:
        if global_indices:
            raise ValueError(
                'global_indices has a meaning with a window_size only.'
            )
        return
    if window_size < 1:
        raise ValueError(f'window_size must be 1 or more, got {window_size}.')
    if set(global_indices) - set(range(depth)):
        raise ValueError(
            f'global_indices must be blocks of stage 3, 0 to {depth - 1}, got '
            f'{tuple(global_indices)}.'
        )
