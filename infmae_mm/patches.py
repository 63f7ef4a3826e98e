"""The grid of 16x16 patches of an image, and what moves on it.

Patches are numbered row by row.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from .depthwise import autocast_dtype, bias_gradient, weight_gradient

PATCH_SIZE = 16


def image_grid(img_size: int | tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of 16x16 patches that cover an image.

    Raises:
        ValueError: If a side is shorter than a patch.
    """
    if isinstance(img_size, int):
        img_size = (img_size, img_size)
    height, width = img_size
    if min(height, width) < PATCH_SIZE:
        raise ValueError(
            f'img_size must be at least {PATCH_SIZE}, the side of a patch; '
            f'got {height}x{width} (height x width).'
        )
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
    """Knows where visible patches lie, and convolves among them.

    Args:
        ids (Tensor): Ids of the visible patches, ``(B, N_v)``, int64, without
            repetition in a row.
        grid (tuple[int, int]): Rows and columns of the grid of patches.
    """

    def __init__(self, ids: Tensor, grid: tuple[int, int]) -> None:
        self.ids = ids
        self.grid = grid
        self._windows: dict[tuple[int, int], Tensor] = {}

    def windows(self, size: int, border: int) -> Tensor:
        """Where the pixels of each patch and around it are to be found.

        Args:
            size (int): Side of a patch on the map, in pixels of the map.
            border (int): Pixels around it.

        Returns:
            Tensor: ``(B * N_v, size + 2 * border, size + 2 * border)``,
            int64: rows of the patches' pixels ``(B * N_v * size * size, C)``.
            Masked pixels, and those outside the map, are one row more.
        """
        key = size, border
        if key not in self._windows:
            self._windows[key] = self._find_windows(size, border)
        return self._windows[key]

    def _find_windows(self, size: int, border: int) -> Tensor:
        device = self.ids.device
        b, n = self.ids.shape
        rows, columns = self.grid
        nowhere = b * n * size * size
        # Row of the first pixel of each patch of the grid.
        first = torch.arange(b * n, device=device).view(b, n) * size * size
        grid = first.new_full((b, rows * columns), nowhere)
        grid = grid.scatter(1, self.ids, first).view(b, rows, columns)
        # A rim of masked patches stands for what is outside the map.
        rim = -(-border // size)
        grid = F.pad(grid, (rim, rim, rim, rim), value=nowhere)
        step = torch.arange(-border, size + border, device=device)
        patch, inside = step.div(size, rounding_mode='floor'), step % size
        top = (self.ids // columns + rim)[..., None] + patch  # (B, N_v, w)
        left = (self.ids % columns + rim)[..., None] + patch
        image = torch.arange(b, device=device)[:, None, None, None]
        found = grid[image, top[..., None], left[:, :, None]]
        offset = inside[:, None] * size + inside  # (w, w)
        found = torch.where(found < nowhere, found + offset, nowhere)
        return found.flatten(0, 1)  # (B * N_v, w, w)

    def convolve(self, x: Tensor, conv: nn.Conv2d) -> Tensor:
        """Convolve patches as they lie on a map that is zero elsewhere.

        Args:
            x (Tensor): Patches ``(B, N_v, p, p, C)``.
            conv (nn.Conv2d): A depth-wise convolution of stride 1 which keeps
                the size of a map.

        Returns:
            Tensor: Patches ``(B, N_v, p, p, C)``.
        """
        windows = self.windows(x.shape[2], conv.padding[0])
        # (B * N_v * p * p, C)
        pixels = x.to(autocast_dtype(x)).flatten(0, 3)
        return _ConvolveVisible.apply(
            pixels, conv.weight, conv.bias, windows
        ).view(x.shape)


def _with_nowhere(pixels: Tensor) -> Tensor:
    """Pixels ``(P, C)``, and the row of zeros that masked ones are."""
    return F.pad(pixels, (0, 0, 0, 1))


def _take_windows(pixels: Tensor, windows: Tensor) -> Tensor:
    """Pixels ``(P + 1, C)`` at ``windows``, ``(*windows.shape, C)``."""
    taken = pixels.index_select(0, windows.flatten())
    return taken.view(*windows.shape, -1)


class _ConvolveVisible(torch.autograd.Function):
    """Depth-wise convolution from visible pixels to visible pixels.

    Its transpose is the same operation with the kernel turned round: the
    gradient is gathered as the input is, where torch's own derivative of a
    gather would add up pixel by pixel, which is slow.
    """

    @staticmethod
    def forward(
        ctx, pixels: Tensor, weight: Tensor, bias: Tensor, windows: Tensor
    ) -> Tensor:
        pixels = _with_nowhere(pixels)
        ctx.save_for_backward(pixels, weight, windows)
        x = _take_windows(pixels, windows).permute(0, 3, 1, 2)  # (M, C, w, w)
        # Here, as autocast does not reach into the backward pass.
        weight, bias = weight.to(x.dtype), bias.to(x.dtype)
        y = F.conv2d(x, weight, bias, groups=len(weight))  # (M, C, p, p)
        return y.permute(0, 2, 3, 1).reshape(-1, len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor):
        pixels, weight, windows = ctx.saved_tensors
        groups = len(weight)
        around = _take_windows(_with_nowhere(grad), windows)
        turned = weight.to(grad.dtype).flip(2, 3)
        grad_x = F.conv2d(around.permute(0, 3, 1, 2), turned, groups=groups)
        grad_x = grad_x.permute(0, 2, 3, 1)  # (M, p, p, C)
        # (w, w, M, C) and (p, p, M, C)
        tiles = _take_windows(pixels, windows.permute(1, 2, 0))
        grads = grad.view(grad_x.shape).permute(1, 2, 0, 3)
        grad_weight = weight_gradient(tiles, grads)
        grad_x = grad_x.reshape(grad.shape)
        return grad_x, grad_weight, bias_gradient(grad, (0,)), None
