"""Attention, and its gradient in bfloat16 on processors.

torch's fused attention is fast forward everywhere and, on processors, slow
backward in bfloat16 for few tokens: its products are then of single heads.
Here the products are of all heads at once.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

# From about here torch's own gradient is the faster one.
MAX_TOKENS = 320
# Scores of float32 that are held at a time, 8 MiB of them.
MAX_SCORES = 2**21


def attention(qkv: Tensor, mask: Tensor | None = None) -> Tensor:
    """Scaled dot-product attention of every head.

    Args:
        qkv (Tensor): Queries, keys and values, ``(B, N, 3, heads, d)``.
        mask (Tensor, optional): Bool, broadcast to ``(B, heads, N, N)``:
            False where a query must not see a key.

    Returns:
        Tensor: ``(B, N, heads, d)``.
    """
    if (
        mask is None
        and qkv.device.type == 'cpu'
        and qkv.dtype == torch.bfloat16
        and qkv.shape[1] <= MAX_TOKENS
        and qkv.requires_grad
    ):
        return _FewTokens.apply(qkv)
    return _fused(qkv, mask)


def _fused(qkv: Tensor, mask: Tensor | None = None) -> Tensor:
    # Each (B, heads, N, d). Taken apart here and not after all are
    # transposed: so the gradients are laid side by side in one copy.
    q, k, v = (part.transpose(1, 2) for part in qkv.unbind(2))
    return F.scaled_dot_product_attention(q, k, v, mask).transpose(1, 2)


class _FewTokens(torch.autograd.Function):
    """Fused attention whose gradient is made of products of all heads."""

    @staticmethod
    def forward(ctx, qkv: Tensor) -> Tensor:
        y = _fused(qkv)
        ctx.save_for_backward(qkv, y)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> Tensor:
        qkv, y = ctx.saved_tensors
        tokens, heads = grad.shape[1:3]
        grad_qkv = torch.empty_like(qkv)
        images = max(1, MAX_SCORES // (heads * tokens**2))
        parts = (t.split(images) for t in (grad_qkv, grad, y, qkv))
        for part in zip(*parts, strict=True):
            _gradients(*part)
        return grad_qkv


def _gradients(grad_qkv: Tensor, grad: Tensor, y: Tensor, qkv: Tensor) -> None:
    """Write the gradient of queries, keys and values into ``grad_qkv``.

    The scores are computed anew, in float32, as the fused form holds them.
    """
    # (B * heads, N, d)
    q, k, v, grad, y = (
        t.transpose(1, 2).flatten(0, 1) for t in (*qkv.unbind(2), grad, y)
    )
    scale = q.shape[-1] ** -0.5
    scores = (q.float() * scale) @ k.float().transpose(1, 2)
    weights = scores.softmax(-1).to(v.dtype)  # (B * heads, N, N)
    grad_v = weights.transpose(1, 2) @ grad
    # what a softmax takes away is what the output has of its gradient
    common = (grad.float() * y.float()).sum(-1, keepdim=True).to(v.dtype)
    grad_scores = (grad @ v.transpose(1, 2)).sub_(common).mul_(weights)
    grad_q = (grad_scores @ k).mul_(scale)
    grad_k = (grad_scores.transpose(1, 2) @ q).mul_(scale)
    # (B, N, heads, d) each
    for out, found in zip(
        grad_qkv.unbind(2), (grad_q, grad_k, grad_v), strict=True
    ):
        out.transpose(1, 2).copy_(found.unflatten(0, (len(out), -1)))
