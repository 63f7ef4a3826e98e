"""Blocks that several networks for small targets are made of."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from torch import Tensor


class ChannelSpatialAttention(nn.Module):
    """Weighs channels, then places, by what stands out in them (CSAM).

    Args:
        channels (int): Channels of input and output.
        reduction (int): Channels per hidden unit. Defaults to 16.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.of_channels = nn.Sequential(
            nn.Conv2d(channels, hidden, 1, bias=False),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, channels, 1, bias=False),
        )
        self.of_places = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Weigh ``(B, C, H, W)``; the shape stays."""
        mean = F.adaptive_avg_pool2d(x, 1)  # (B, C, 1, 1)
        peak = F.adaptive_max_pool2d(x, 1)
        x = x * (self.of_channels(mean) + self.of_channels(peak)).sigmoid()
        places = [x.mean(1, keepdim=True), x.amax(1, keepdim=True)]
        return x * self.of_places(torch.cat(places, 1)).sigmoid()


class AttentionBlock(nn.Module):
    """A residual block of two 3x3 convolutions, with attention before the sum.

    Args:
        in_channels (int): Channels of the input.
        channels (int): Channels of the output.
        norm_cfg (dict): Norm of the convolutions.
        bias (bool): Whether the convolutions have biases under their norm,
            as in the published networks. Defaults to False.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        norm_cfg: dict,
        bias: bool = False,
    ) -> None:
        super().__init__()
        options = dict(norm_cfg=norm_cfg, bias=bias)
        self.body = nn.Sequential(
            ConvModule(in_channels, channels, 3, padding=1, **options),
            ConvModule(
                channels, channels, 3, padding=1, act_cfg=None, **options
            ),
            ChannelSpatialAttention(channels),
        )
        self.shortcut = nn.Identity()
        if in_channels != channels:
            self.shortcut = ConvModule(
                in_channels, channels, 1, act_cfg=None, **options
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, C_in, H, W)`` to ``(B, C, H, W)``."""
        return F.relu(self.body(x) + self.shortcut(x))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut.

    Args:
        in_channels (int): Channels of the input.
        channels (int): Channels of the output.
        stride (int): Of the first convolution. Defaults to 1.
        norm_cfg (dict, optional): Norm of the convolutions. Defaults to
            batch norm.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        norm_cfg: dict | None = dict(type='BN'),  # noqa: B006
    ) -> None:
        super().__init__()
        self.body = nn.Sequential(
            ConvModule(
                in_channels,
                channels,
                3,
                stride=stride,
                padding=1,
                norm_cfg=norm_cfg,
            ),
            ConvModule(
                channels,
                channels,
                3,
                padding=1,
                norm_cfg=norm_cfg,
                act_cfg=None,
            ),
        )
        self.shortcut = nn.Identity()
        if in_channels != channels or stride > 1:
            self.shortcut = ConvModule(
                in_channels,
                channels,
                1,
                stride=stride,
                norm_cfg=norm_cfg,
                act_cfg=None,
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, C_in, H, W)`` to ``(B, C, ceil(H / s), ceil(W / s))``."""
        return F.relu(self.body(x) + self.shortcut(x))


def upsample(
    x: Tensor, size: tuple[int, int], align_corners: bool = False
) -> Tensor:
    """Resize ``(B, C, h, w)`` bilinearly to ``(B, C, *size)``.

    mmseg's ``resize`` warns of sizes that do not suit ``align_corners``; the
    published networks use it with all.
    """
    return F.interpolate(x, size, mode='bilinear', align_corners=align_corners)
