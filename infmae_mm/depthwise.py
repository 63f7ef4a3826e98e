"""The gradients of depth-wise convolutions under autocast.

The gradient of a weight is a sum over every pixel of a batch. torch adds it up
in the precision of the inputs, and on processors it is slow in bfloat16: the
sums here are of float32, for which its operators are fast.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.grad import conv2d_weight


def autocast_dtype(x: Tensor) -> torch.dtype:
    """The type in which autocast convolves, or that of ``x`` without it."""
    device = x.device.type
    # 'meta' has no autocast, and may not be asked
    if not x.is_meta and torch.is_autocast_enabled(device):
        return torch.get_autocast_dtype(device)
    return x.dtype


def weight_gradient(
    x: Tensor, shape: torch.Size, grad: Tensor, padding: int = 0
) -> Tensor:
    """The gradient of the weight of a depth-wise convolution of stride 1.

    Args:
        x (Tensor): Its input, ``(B, C, H, W)``.
        shape (torch.Size): Shape of the weight, ``(C, 1, k, k)``.
        grad (Tensor): Gradient of its output, of the type of ``x``.
        padding (int): Its padding.

    Returns:
        Tensor: ``shape``, in float32; in float64 if ``x`` is.
    """
    dtype = torch.promote_types(x.dtype, torch.float32)
    return conv2d_weight(
        x.to(dtype), shape, grad.to(dtype), padding=padding, groups=shape[0]
    )


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
            grad_weight = weight_gradient(x, weight.shape, grad, padding)
        if ctx.needs_input_grad[2]:
            grad_bias = bias_gradient(grad, (0, 2, 3))
        return grad_x, grad_weight, grad_bias
