"""Windows of a map: attention inside small squares instead of everywhere."""

import torch
import torch.nn.functional as F
from torch import Tensor


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
        self.sides = tuple(min(size, side) for side in grid)
        self.counts = tuple(
            -(-side // window)
            for side, window in zip(grid, self.sides, strict=True)
        )

    def split(self, x: Tensor) -> Tensor:
        """Cut maps ``(B, N, C)`` into windows ``(B * W, w_h * w_w, C)``."""
        rows, columns = self.grid
        height, width = self.sides
        x = x.unflatten(1, self.grid)  # (B, rows, columns, C)
        x = F.pad(x, (0, 0, 0, -columns % width, 0, -rows % height))
        x = x.unflatten(2, (-1, width)).unflatten(1, (-1, height))
        x = x.transpose(2, 3)  # (B, W_rows, W_columns, w_h, w_w, C)
        return x.flatten(0, 2).flatten(1, 2)  # (B * W, w_h * w_w, C)

    def join(self, x: Tensor) -> Tensor:
        """Lay windows ``(B * W, w_h * w_w, C)`` out as maps ``(B, N, C)``."""
        rows, columns = self.grid
        x = x.unflatten(1, self.sides).unflatten(0, (-1, *self.counts))
        x = x.transpose(2, 3)  # (B, W_rows, w_h, W_columns, w_w, C)
        x = x.flatten(1, 2).flatten(2, 3)  # the filled map, (B, H, W, C)
        return x[:, :rows, :columns].flatten(1, 2)  # (B, N, C)

    def mask(self, x: Tensor) -> Tensor | None:
        """Which tokens of the windows are real.

        Args:
            x (Tensor): Maps ``(B, N, C)``, for their number and device.

        Returns:
            Tensor | None: ``(B * W, 1, 1, w_h * w_w)``, bool, for each head
            and query alike; None if the windows cover the map exactly.
        """
        if all(
            side % window == 0
            for side, window in zip(self.grid, self.sides, strict=True)
        ):
            return None
        real = torch.ones_like(x[..., :1], dtype=torch.bool)
        return self.split(real).squeeze(-1)[:, None, None]
