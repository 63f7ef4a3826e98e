"""Attention and its gradient, in every precision."""

import pytest
import torch
import torch.nn.functional as F

from infmae_mm import attention as module
from infmae_mm.attention import attention


def make(tokens, dtype, batch=3, heads=2, dims=8):
    """Queries, keys and values that differ, and a gradient."""
    torch.manual_seed(0)
    qkv = 2 * torch.randn(batch, tokens, 3, heads, dims)
    grad = torch.randn(batch, tokens, heads, dims)
    return qkv.to(dtype).requires_grad_(), grad.to(dtype)


def exact_gradient(qkv, grad):
    """Of plain softmax attention in float64, over the same inputs."""
    qkv = qkv.detach().double().requires_grad_()
    q, k, v = (part.transpose(1, 2) for part in qkv.unbind(2))
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    y = (scores.softmax(-1) @ v).transpose(1, 2)
    return torch.autograd.grad(y, qkv, grad.double())[0]


@pytest.mark.parametrize('tokens', [1, 9, 49, 400])
@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_gradient(dtype, tokens):
    """In bfloat16 within 1.5 % of the norm: it has 8 bits."""
    qkv, grad = make(tokens, dtype)
    (found,) = torch.autograd.grad(attention(qkv), qkv, grad)
    assert found.dtype == dtype
    exact = exact_gradient(qkv, grad)
    tolerance = 1e-5 if dtype == torch.float32 else 0.015
    for part, whole in zip(found.unbind(2), exact.unbind(2), strict=True):
        error = (part - whole).norm()
        assert error <= tolerance * whole.norm() + 1e-5


def test_few_tokens_take_the_faster_gradient():
    for tokens, dtype, own in (
        (49, torch.bfloat16, True),
        (module.MAX_TOKENS + 1, torch.bfloat16, False),
        (49, torch.float32, False),
    ):
        y = attention(make(tokens, dtype)[0])
        names = {y.grad_fn.name()} | {
            f.name() for f, _ in y.grad_fn.next_functions if f
        }
        assert ('_FewTokensBackward' in names) == own


def test_output_is_that_of_fused_attention():
    qkv, _ = make(49, torch.bfloat16)
    q, k, v = (part.transpose(1, 2) for part in qkv.unbind(2))
    fused = F.scaled_dot_product_attention(q, k, v).transpose(1, 2)
    assert torch.equal(attention(qkv), fused)
    with torch.no_grad():
        assert torch.equal(attention(qkv), fused)


def test_a_batch_in_parts(monkeypatch):
    """What is held at a time changes nothing."""
    qkv, grad = make(9, torch.bfloat16, batch=5)
    (whole,) = torch.autograd.grad(attention(qkv), qkv, grad)
    monkeypatch.setattr(module, 'MAX_SCORES', 2 * 2 * 81)  # two images
    (parts,) = torch.autograd.grad(attention(qkv), qkv, grad)
    torch.testing.assert_close(parts, whole)


def test_masked_tokens_are_not_seen():
    qkv, grad = make(9, torch.bfloat16)
    mask = torch.ones(1, 1, 9, 9, dtype=torch.bool)
    mask[..., -1] = False
    (found,) = torch.autograd.grad(attention(qkv, mask), qkv, grad)
    assert not found[:, -1, 1:].any()  # key and value of the last token
    assert found[:, :-1].any()
