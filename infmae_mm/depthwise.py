"""The gradients of depth-wise convolutions, in every precision.

The gradient of a weight is a sum over every pixel of a batch, here of float32
whatever the inputs are. torch's own operator is made for few channels and is
slow for as many groups as channels. So the pixels are cut into tiles, and each
tile is convolved with the gradient of its output: again a depth-wise
convolution, which is fast.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from .sizes import missing

# Of a whole map, in pixels: of 4, 8, 16 and 32 the fastest for large maps.
TILE_SIZE = 16


def autocast_dtype(x: Tensor) -> torch.dtype:
    """The type in which autocast convolves, or that of ``x`` without it."""
    device = x.device.type
    # 'meta' has no autocast, and may not be asked
    if not x.is_meta and torch.is_autocast_enabled(device):
        return torch.get_autocast_dtype(device)
    return x.dtype


def cut_tiles(maps: Tensor, border: int = 0) -> Tensor:
    """Cut maps into tiles of ``p = TILE_SIZE``, zeros beyond the maps.

    Args:
        maps (Tensor): ``(B, C, H, W)``.
        border (int): Pixels around a tile that are taken too.

    Returns:
        Tensor: ``(p + 2 * border, p + 2 * border, M, C)``, M tiles of a batch.
    """
    p = TILE_SIZE
    height, width = maps.shape[-2:]
    below = missing(height, p) + border
    right = missing(width, p) + border
    maps = maps.permute(2, 3, 0, 1)  # (H, W, B, C)
    maps = F.pad(maps, (0, 0, 0, 0, border, right, border, below))
    side = p + 2 * border
    tiles = maps.unfold(0, side, p).unfold(1, side, p)
    # (rows, columns, B, C, side, side) to (side, side, M, C)
    return tiles.permute(4, 5, 0, 1, 2, 3).flatten(2, 4)


def weight_gradient(tiles: Tensor, grads: Tensor) -> Tensor:
    """The gradient of the weight of a depth-wise convolution of stride 1.

    Args:
        tiles (Tensor): Tiles of its input, ``(p + k - 1, p + k - 1, M, C)``,
            k the side of its kernel.
        grads (Tensor): Gradients of its output, ``(p, p, M, C)``.

    Returns:
        Tensor: ``(C, 1, k, k)``, in float32; in float64 if ``tiles`` are.
    """
    dtype = torch.promote_types(tiles.dtype, torch.float32)
    channels = tiles.shape[-1]
    # (1, M * C, p + k - 1, p + k - 1), channels-last also by the stride of
    # its one image, and (M * C, 1, p, p)
    maps = tiles.to(dtype).flatten(2)[None].permute(0, 3, 1, 2)
    kernels = grads.to(dtype).flatten(2).permute(2, 0, 1)[:, None]
    found = F.conv2d(maps, kernels, groups=len(kernels))[0]  # (M * C, k, k)
    found = found.permute(1, 2, 0).unflatten(2, (-1, channels))
    # a product with ones: a sum over a dimension in the middle is slow
    found = found.new_ones(1, found.shape[2]) @ found  # (k, k, 1, C)
    return found.permute(3, 2, 0, 1)


def bias_gradient(grad: Tensor, dims: tuple[int, ...]) -> Tensor:
    """The gradient of a bias: ``grad`` added up over ``dims``, as above."""
    dtype = torch.promote_types(grad.dtype, torch.float32)
    return grad.sum(dims, dtype=dtype)


class ConvolveMaps(torch.autograd.Function):
    """Depth-wise convolution of maps, of stride 1, that keeps their size.

    Args:
        x (Tensor): ``(B, C, H, W)``, in the type to compute in.
        weight (Tensor): ``(C, 1, k, k)``, k odd, in the parameter's own type.
        bias (Tensor): ``(C,)``, in the parameter's own type.
    """

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.conv2d(
            x,
            weight.to(x.dtype),
            bias.to(x.dtype),
            padding=weight.shape[-1] // 2,
            groups=len(weight),
        )

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor):
        x, weight = ctx.saved_tensors
        padding = weight.shape[-1] // 2
        grad_x = grad_weight = grad_bias = None
        if ctx.needs_input_grad[0]:
            turned = weight.to(grad.dtype).flip(2, 3)
            grad_x = F.conv2d(
                grad, turned, padding=padding, groups=len(weight)
            )
        if ctx.needs_input_grad[1]:
            grad_weight = weight_gradient(
                cut_tiles(x, padding), cut_tiles(grad)
            )
        if ctx.needs_input_grad[2]:
            grad_bias = bias_gradient(grad, (0, 2, 3))
        return grad_x, grad_weight, grad_bias
