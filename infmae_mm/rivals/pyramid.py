"""Blocks of a pyramid transformer: attention to a map that is reduced."""

import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn.bricks import DropPath
from torch import Tensor

from ..layers import Mlp, PointwiseConv


class ReducedAttention(nn.Module):
    """Attention to a map that is averaged over windows.

    The 1x1 convolution and the norm after the average stand there without an
    average too, so that the weights fit any reduction.

    Args:
        embed_dims (int): Channels of input and output.
        num_heads (int): Attention heads.
        reduction (int): Side of the windows.
    """

    def __init__(
        self, embed_dims: int, num_heads: int, reduction: int
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.reduction = reduction
        self.q = nn.Linear(embed_dims, embed_dims)
        self.reduce = PointwiseConv(embed_dims, embed_dims)
        self.norm = nn.LayerNorm(embed_dims, eps=1e-6)
        self.kv = nn.Linear(embed_dims, 2 * embed_dims)
        self.proj = nn.Linear(embed_dims, embed_dims)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, H, W, C)`` to the same; windows divide H and W."""
        shape = x.shape
        b, _, _, c = shape
        heads = (b, -1, self.num_heads, c // self.num_heads)
        few = x
        if self.reduction > 1:
            few = F.avg_pool2d(x.permute(0, 3, 1, 2), self.reduction)
            few = few.permute(0, 2, 3, 1)  # (B, H / r, W / r, C)
        few = self.norm(self.reduce(few))
        k, v = self.kv(few).chunk(2, dim=-1)
        q, k, v = (
            t.reshape(heads).transpose(1, 2) for t in (self.q(x), k, v)
        )  # (B, heads, N, C / heads)
        x = F.scaled_dot_product_attention(q, k, v)
        return self.proj(x.transpose(1, 2).reshape(shape))


class PyramidBlock(nn.Module):
    """Pre-norm transformer block of a stage.

    Args:
        embed_dims (int): Channels of input and output.
        num_heads (int): Attention heads.
        mlp_ratio (int): Hidden channels of the MLP over ``embed_dims``.
        reduction (int): See :class:`ReducedAttention`.
        drop_path_rate (float): Stochastic depth rate in [0, 1).
    """

    def __init__(
        self,
        embed_dims: int,
        num_heads: int,
        mlp_ratio: int,
        reduction: int,
        drop_path_rate: float,
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dims, eps=1e-6)
        self.attn = ReducedAttention(embed_dims, num_heads, reduction)
        self.norm2 = nn.LayerNorm(embed_dims, eps=1e-6)
        self.mlp = Mlp(embed_dims, mlp_ratio, nn.Linear)
        self.drop_path = DropPath(drop_path_rate)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, H, W, C)`` to ``(B, H, W, C)``."""
        x = x + self.drop_path(self.attn(self.norm1(x)))
        return x + self.drop_path(self.mlp(self.norm2(x)))
