"""Building blocks of the encoder and the decoder.

Feature maps are channels-last, ``(..., h, w, C)``, so that a point-wise
convolution is a matrix product and the same module works on a whole map
``(B, H, W, C)`` and on a set of patches ``(B, N, p, p, C)``. Only the
depth-wise convolution looks beyond a patch.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn.bricks import DropPath
from torch import Tensor

from .attention import attention
from .depthwise import ConvolveMaps, autocast_dtype
from .patches import VisiblePatches
from .windows import Windows


def sum_filters(state_dict: dict, key: str, in_channels: int) -> None:
    """Let the filters of a 3-channel checkpoint serve one channel, in place.

    A grey image repeats one channel, so that the sum of the three filters
    gives the output of the three.

    Args:
        state_dict (dict): The state dict that is being loaded.
        key (str): Name of filters ``(C_out, C_in, k, k)``.
        in_channels (int): Input channels of the model that loads it.
    """
    if in_channels == 1 and key in state_dict:
        state_dict[key] = state_dict[key].sum(dim=1, keepdim=True)


class PointwiseConv(nn.Conv2d):
    """A 1x1 convolution of channels-last features.

    It keeps the weight shape of a convolution, ``(C_out, C_in, 1, 1)``, so
    that published checkpoints load as they are.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map features ``(..., C_in)`` to ``(..., C_out)``."""
        return F.linear(x, self.weight.flatten(1), self.bias)


class PatchConv(nn.Conv2d):
    """A convolution whose kernel size is its stride, channels-last.

    Args:
        in_channels (int): Channels of the input.
        out_channels (int): Channels of the output.
        patch_size (int): Kernel size and stride.
    """

    def __init__(
        self, in_channels: int, out_channels: int, patch_size: int
    ) -> None:
        super().__init__(
            in_channels, out_channels, patch_size, stride=patch_size
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(..., h, w, C_in)`` to ``(..., h / k, w / k, C_out)``."""
        k = self.kernel_size[0]
        *batch, h, w, c = x.shape
        x = x.reshape(*batch, h // k, k, w // k, k, c).transpose(-4, -3)
        x = x.flatten(-3)  # (..., h / k, w / k, k * k * C_in)
        weight = self.weight.permute(0, 2, 3, 1).flatten(1)
        return F.linear(x, weight, self.bias)

    def _load_from_state_dict(self, state_dict, prefix, *args) -> None:
        """Sum the filters of a 3-channel checkpoint for one channel."""
        sum_filters(state_dict, prefix + 'weight', self.in_channels)
        super()._load_from_state_dict(state_dict, prefix, *args)


class PatchEmbed(nn.Module):
    """Strided convolution, LayerNorm and GELU (paper section 4.2).

    Args:
        in_channels (int): Channels of the input.
        embed_dims (int): Channels of the output.
        patch_size (int): Kernel size and stride.
    """

    def __init__(
        self, in_channels: int, embed_dims: int, patch_size: int
    ) -> None:
        super().__init__()
        self.proj = PatchConv(in_channels, embed_dims, patch_size)
        self.norm = nn.LayerNorm(embed_dims)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(..., h, w, C_in)`` to ``(..., h / k, w / k, C)``."""
        return F.gelu(self.norm(self.proj(x)))


class Downsample(nn.Module):
    """F4 out of F3: 3x3 convolution of stride 2, LayerNorm and GELU.

    Args:
        embed_dims (int): Channels of input and output.
    """

    def __init__(self, embed_dims: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(embed_dims, embed_dims, 3, stride=2, padding=1)
        self.norm = nn.LayerNorm(embed_dims)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, H, W, C)`` to ``(B, ceil(H / 2), ceil(W / 2), C)``."""
        x = self.conv(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return F.gelu(self.norm(x))


class Mlp(nn.Module):
    """Two linear layers with a GELU between them.

    Args:
        embed_dims (int): Channels of input and output.
        mlp_ratio (int): Hidden channels over ``embed_dims``.
        layer (type): ``nn.Linear``, or :class:`PointwiseConv` where the
            published weights are those of 1x1 convolutions.
    """

    def __init__(self, embed_dims: int, mlp_ratio: int, layer: type) -> None:
        super().__init__()
        self.fc1 = layer(embed_dims, embed_dims * mlp_ratio)
        self.fc2 = layer(embed_dims * mlp_ratio, embed_dims)

    def forward(self, x: Tensor) -> Tensor:
        """Map features ``(..., C)`` to ``(..., C)``."""
        return self.fc2(F.gelu(self.fc1(x)))


class DepthwiseConv(nn.Conv2d):
    """The 5x5 depth-wise convolution of a :class:`ConvBlock`.

    It stands where attention stands in a transformer block.
    """

    def __init__(self, embed_dims: int) -> None:
        super().__init__(
            embed_dims, embed_dims, 5, padding=2, groups=embed_dims
        )

    def forward(self, x: Tensor) -> Tensor:
        """Filter a map ``(B, H, W, C)``; the output has the same shape."""
        x = x.permute(0, 3, 1, 2)  # (B, C, H, W), channels-last in memory
        if torch.is_grad_enabled():
            x = x.to(autocast_dtype(x))
            y = ConvolveMaps.apply(x, self.weight, self.bias)
        else:
            y = super().forward(x)
        return y.permute(0, 2, 3, 1)  # (B, H, W, C)


class ConvBlock(nn.Module):
    """Convolutional block of stages 1 and 2 (paper section 4.2).

    Args:
        embed_dims (int): Channels of input and output.
        mlp_ratio (int): Hidden channels of the MLP over ``embed_dims``.
        drop_path_rate (float): Stochastic depth rate in [0, 1).
    """

    def __init__(
        self, embed_dims: int, mlp_ratio: int, drop_path_rate: float
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dims)
        self.conv1 = PointwiseConv(embed_dims, embed_dims)
        self.attn = DepthwiseConv(embed_dims)
        self.conv2 = PointwiseConv(embed_dims, embed_dims)
        self.norm2 = nn.LayerNorm(embed_dims)
        self.mlp = Mlp(embed_dims, mlp_ratio, PointwiseConv)
        self.drop_path = DropPath(drop_path_rate)

    def forward(
        self, x: Tensor, visible: VisiblePatches | None = None
    ) -> Tensor:
        """Transform a map, or the visible patches of a map.

        Args:
            x (Tensor): ``(B, H, W, C)``; with ``visible``, the patches
                ``(B, N_v, p, p, C)``.
            visible (VisiblePatches, optional): Where the patches lie. Masked
                positions are zero to the depth-wise convolution, and all else
                is point-wise: nothing else needs to know of the mask.

        Returns:
            Tensor: The same shape as ``x``.
        """
        mixed = self.conv1(self.norm1(x))
        if visible is None:
            mixed = self.attn(mixed)
        else:
            mixed = visible.convolve(mixed, self.attn)
        x = x + self.drop_path(self.conv2(mixed))
        return x + self.drop_path(self.mlp(self.norm2(x)))


class Attention(nn.Module):
    """Multi-head self-attention.

    Args:
        embed_dims (int): Channels of input and output.
        num_heads (int): Number of heads; divides ``embed_dims``.
    """

    def __init__(self, embed_dims: int, num_heads: int) -> None:
        super().__init__()
        if embed_dims % num_heads:
            raise ValueError(
                f'embed_dims={embed_dims} is not divisible by '
                f'num_heads={num_heads}.'
            )
        self.num_heads = num_heads
        self.qkv = nn.Linear(embed_dims, 3 * embed_dims)
        self.proj = nn.Linear(embed_dims, embed_dims)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map tokens ``(B, N, C)`` to ``(B, N, C)``.

        Args:
            x (Tensor): Tokens.
            mask (Tensor, optional): Bool, broadcast to ``(B, heads, N, N)``:
                False where a query must not see a key.
        """
        b, n, c = x.shape
        qkv = self.qkv(x).view(b, n, 3, self.num_heads, c // self.num_heads)
        return self.proj(attention(qkv, mask).reshape(b, n, c))  # (B, N, C)


class TransformerBlock(nn.Module):
    """Pre-norm transformer block, as in ViT.

    Args:
        embed_dims (int): Channels of input and output.
        num_heads (int): Number of attention heads.
        mlp_ratio (int): Hidden channels of the MLP over ``embed_dims``.
        drop_path_rate (float): Stochastic depth rate in [0, 1).
    """

    def __init__(
        self,
        embed_dims: int,
        num_heads: int,
        mlp_ratio: int,
        drop_path_rate: float = 0.0,
    ) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(embed_dims, eps=1e-6)
        self.attn = Attention(embed_dims, num_heads)
        self.norm2 = nn.LayerNorm(embed_dims, eps=1e-6)
        self.mlp = Mlp(embed_dims, mlp_ratio, nn.Linear)
        self.drop_path = DropPath(drop_path_rate)

    def forward(self, x: Tensor, windows: Windows | None = None) -> Tensor:
        """Map tokens ``(B, N, C)`` to ``(B, N, C)``.

        Args:
            x (Tensor): Tokens, row by row.
            windows (Windows, optional): Attention stays inside these; without
                them, every token sees every other.
        """
        mixed = self.norm1(x)
        if windows is None:
            mixed = self.attn(mixed)
        else:
            mask = windows.mask(mixed)
            mixed = windows.join(self.attn(windows.split(mixed), mask))
        x = x + self.drop_path(mixed)
        return x + self.drop_path(self.mlp(self.norm2(x)))


def init_as_linear(module: nn.Module) -> None:
    """Initialise every matrix product in a module as MAE does.

    Xavier-uniform weights, where a patch convolution counts as the linear
    layer that it is, and zero biases. Other layers keep torch's defaults.
    """
    for layer in module.modules():
        if isinstance(layer, (nn.Linear, PointwiseConv, PatchConv)):
            # A detached view: the fans of a convolution count every tap.
            nn.init.xavier_uniform_(layer.weight.detach().flatten(1))
            nn.init.zeros_(layer.bias)
