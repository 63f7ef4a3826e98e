"""Depth-wise convolutions and their gradients, in every precision."""

import pytest
import torch
from torch.nn.grad import conv2d_weight

from infmae_mm.depthwise import ConvolveMaps
from infmae_mm.layers import DepthwiseConv
from infmae_mm.patches import VisiblePatches


def test_gradients_of_maps():
    x = torch.randn(2, 3, 6, 5, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(3, 1, 5, 5, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(ConvolveMaps.apply, (x, weight, bias))


def conv_and_input(shape):
    torch.manual_seed(0)
    conv = DepthwiseConv(shape[-1])
    return conv, torch.randn(shape, requires_grad=True)


def gradients(conv, x, y, amp):
    """Of input, weight and bias, for a fixed gradient of the output."""
    torch.manual_seed(1)
    grad = torch.randn(y.shape)
    y.backward(grad.to(y.dtype))
    assert y.dtype == (torch.bfloat16 if amp else torch.float32)
    return x.grad, conv.weight.grad, conv.bias.grad


@pytest.mark.parametrize('amp', [False, True])
@pytest.mark.parametrize('visible', [False, True])
def test_under_autocast_only_inputs_are_rounded(visible, amp):
    """Weight and bias are those of exact sums over what was rounded."""
    shape = (2, 6, 2, 2, 4) if visible else (2, 9, 7, 4)
    conv, x = conv_and_input(shape)
    patches = VisiblePatches(torch.arange(6).expand(2, 6), (2, 3))
    with torch.autocast('cpu', torch.bfloat16, enabled=amp):
        y = patches.convolve(x, conv) if visible else conv(x)
    grad_x, grad_weight, grad_bias = gradients(conv, x, y, amp)

    torch.manual_seed(1)
    grad = torch.randn(y.shape)
    maps = [t.detach().to(y.dtype).double() for t in (x, grad)]
    if visible:  # (B, N, p, p, C) of 2 x 3 patches to (B, 4, 6, C)
        maps = [
            t.view(2, 2, 3, 2, 2, 4).transpose(2, 3).reshape(2, 4, 6, 4)
            for t in maps
        ]
    inputs, grads = (t.permute(0, 3, 1, 2) for t in maps)  # (B, C, H, W)
    weight = conv2d_weight(inputs, (4, 1, 5, 5), grads, padding=2, groups=4)
    torch.testing.assert_close(
        grad_weight, weight.float(), rtol=1e-5, atol=1e-5
    )
    torch.testing.assert_close(
        grad_bias, grads.sum((0, 2, 3)).float(), rtol=1e-5, atol=1e-5
    )
    assert grad_x.dtype == torch.float32


@pytest.mark.parametrize('visible', [False, True])
def test_bfloat16_against_float32(visible):
    """Within the 8 bits of bfloat16: 1 % of each norm."""
    shape = (2, 6, 2, 2, 4) if visible else (2, 9, 7, 4)
    found = []
    for amp in (False, True):
        conv, x = conv_and_input(shape)
        patches = VisiblePatches(torch.arange(6).expand(2, 6), (2, 3))
        with torch.autocast('cpu', torch.bfloat16, enabled=amp):
            y = patches.convolve(x, conv) if visible else conv(x)
        found.append((y.detach().float(), *gradients(conv, x, y, amp)))
    for exact, rounded in zip(*found, strict=True):
        assert (rounded - exact).norm() < 0.01 * exact.norm()


def test_frozen_weights_get_no_gradient():
    conv, x = conv_and_input((1, 5, 5, 4))
    conv.requires_grad_(False)
    with torch.autocast('cpu', torch.bfloat16):
        y = conv(x)
    y.float().sum().backward()
    assert x.grad is not None
    assert conv.weight.grad is conv.bias.grad is None


def test_recomputed_blocks_give_the_same_gradients():
    """Checkpointing enters autocast again, outside of its region."""
    found = []
    for recompute in (False, True):
        conv, x = conv_and_input((1, 6, 6, 4))
        with torch.autocast('cpu', torch.bfloat16):
            y = (
                torch.utils.checkpoint.checkpoint(conv, x, use_reentrant=False)
                if recompute
                else conv(x)
            )
        found.append(gradients(conv, x, y, True))
    for once, twice in zip(*found, strict=True):
        assert torch.equal(once, twice)


@pytest.mark.slow
def test_compiles_to_one_graph():
    conv, x = conv_and_input((1, 6, 6, 4))
    found = []
    for forward in (
        conv,
        torch.compile(conv, backend='aot_eager', fullgraph=True),
    ):
        conv.zero_grad()
        x.grad = None
        with torch.autocast('cpu', torch.bfloat16):
            y = forward(x)
        found.append(gradients(conv, x, y, True))
    for eager, compiled in zip(*found, strict=True):
        torch.testing.assert_close(compiled, eager, rtol=1e-2, atol=1e-2)
