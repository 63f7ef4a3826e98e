"""The grid of 16x16 patches of an image, and what moves on it.

Patches are numbered row by row.
"""

import torch
from torch import Tensor

PATCH_SIZE = 16


def image_grid(img_size: int | tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of 16x16 patches that cover an image."""
    if isinstance(img_size, int):
        img_size = (img_size, img_size)
    height, width = img_size
    return -(-height // PATCH_SIZE), -(-width // PATCH_SIZE)


def patch_grid(x: Tensor) -> tuple[int, int]:
    """Rows and columns of 16x16 patches in images ``(B, C, H, W)``.

    Raises:
        ValueError: If the height or the width is not a multiple of 16.
    """
    height, width = x.shape[-2:]
    if height % PATCH_SIZE or width % PATCH_SIZE:
        raise ValueError(
            f'Pre-training needs images whose sides are multiples of '
            f'{PATCH_SIZE}, got {height}x{width} (height x width). Set the '
            'size of the crop in the data pipeline accordingly.'
        )
    return height // PATCH_SIZE, width // PATCH_SIZE


def take_patches(x: Tensor, ids: Tensor) -> Tensor:
    """Cut patches out of images.

    Args:
        x (Tensor): Images ``(B, C, H, W)``; a channel-expanded view is not
            copied.
        ids (Tensor): Patch ids ``(B, M)``, int64.

    Returns:
        Tensor: Patches ``(B, M, C, 16, 16)``.
    """
    rows, columns = patch_grid(x)
    p = PATCH_SIZE
    x = x.view(*x.shape[:2], rows, p, columns, p)
    batch = torch.arange(len(x), device=x.device)[:, None]
    return x[batch, :, ids // columns, :, ids % columns]


def unpatchify(x: Tensor, grid: tuple[int, int]) -> Tensor:
    """Lay patches out as images.

    Args:
        x (Tensor): ``(B, N, p * p * C)``, in the order row, column, channel,
            with ``p = 16``.
        grid (tuple[int, int]): Rows and columns of patches.

    Returns:
        Tensor: ``(B, C, rows * p, columns * p)``.
    """
    b, rows, columns, p = len(x), *grid, PATCH_SIZE
    x = x.view(b, rows, columns, p, p, -1).permute(0, 5, 1, 3, 2, 4)
    return x.reshape(b, -1, rows * p, columns * p)  # (B, C, H, W)


class VisiblePatches:
    """Moves features between visible patches and the map they lie on.

    Args:
        ids (Tensor): Ids of the visible patches, ``(B, N_v)``, int64, without
            repetition in a row.
        grid (tuple[int, int]): Rows and columns of the grid of patches.
    """

    def __init__(self, ids: Tensor, grid: tuple[int, int]) -> None:
        self.ids = ids
        self.grid = grid
        self._positions: dict[int, Tensor] = {}

    def positions(self, size: int) -> Tensor:
        """Flat positions, in a batch of maps, of the pixels of the patches.

        Args:
            size (int): Side of a patch on the map, in pixels of the map.

        Returns:
            Tensor: ``(B * N_v * size * size)``, int64.
        """
        if size not in self._positions:
            rows, columns = self.grid
            step = torch.arange(size, device=self.ids.device)
            top = (self.ids // columns * size)[..., None] + step
            left = (self.ids % columns * size)[..., None] + step
            image = torch.arange(len(self.ids), device=self.ids.device)
            top = top + image[:, None, None] * rows * size
            flat = top[..., None] * columns * size + left[:, :, None]
            self._positions[size] = flat.flatten()  # (B * N_v * size * size)
        return self._positions[size]

    def put(self, x: Tensor) -> Tensor:
        """Lay patches on a map that is zero elsewhere.

        Args:
            x (Tensor): Patches ``(B, N_v, p, p, C)``.

        Returns:
            Tensor: Maps ``(B, rows * p, columns * p, C)``.
        """
        b, _, size, _, c = x.shape
        height, width = (side * size for side in self.grid)
        x = _Put.apply(
            x.flatten(0, 3), self.positions(size), b * height * width
        )
        return x.view(b, height, width, c)  # (B, rows * p, columns * p, C)

    def take(self, x: Tensor) -> Tensor:
        """Cut the patches out of a map: the inverse of :meth:`put`.

        Args:
            x (Tensor): Maps ``(B, rows * p, columns * p, C)``.

        Returns:
            Tensor: Patches ``(B, N_v, p, p, C)``.
        """
        b, height, _, c = x.shape
        size = height // self.grid[0]
        x = _Take.apply(x.reshape(-1, c), self.positions(size))
        return x.view(b, -1, size, size, c)  # (B, N_v, p, p, C)


# Each row is moved once, so that gradients are moved too, never summed. The
# gradients that torch derives for indexing would sum them, which is slow.
class _Put(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, index: Tensor, length: int) -> Tensor:
        ctx.save_for_backward(index)
        return x.new_zeros(length, x.shape[1]).index_copy_(0, index, x)

    @staticmethod
    def backward(ctx, grad: Tensor):
        (index,) = ctx.saved_tensors
        return grad.index_select(0, index), None, None


class _Take(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, index: Tensor) -> Tensor:
        ctx.save_for_backward(index)
        ctx.length = len(x)
        return x.index_select(0, index)

    @staticmethod
    def backward(ctx, grad: Tensor):
        (index,) = ctx.saved_tensors
        zeros = grad.new_zeros(ctx.length, grad.shape[1])
        return zeros.index_copy_(0, index, grad), None
