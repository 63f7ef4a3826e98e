"""DNANet: the rival of the paper's table 3, written from its own paper.

B. Li et al., *Dense Nested Attention Network for Infrared Small Target
Detection*, IEEE Transactions on Image Processing 32, 2023 (arXiv 2106.00487).
"""

from collections.abc import Sequence

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmseg.models.utils import resize
from mmseg.registry import MODELS
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
    """

    def __init__(
        self, in_channels: int, channels: int, norm_cfg: dict
    ) -> None:
        super().__init__()
        self.body = nn.Sequential(
            ConvModule(in_channels, channels, 3, padding=1, norm_cfg=norm_cfg),
            ConvModule(
                channels,
                channels,
                3,
                padding=1,
                norm_cfg=norm_cfg,
                act_cfg=None,
            ),
            ChannelSpatialAttention(channels),
        )
        self.shortcut = nn.Identity()
        if in_channels != channels:
            self.shortcut = ConvModule(
                in_channels, channels, 1, norm_cfg=norm_cfg, act_cfg=None
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, C_in, H, W)`` to ``(B, C, H, W)``."""
        return F.relu(self.body(x) + self.shortcut(x))


@MODELS.register_module()
class DNANet(BaseModule):
    """The dense nested attention network, as a backbone.

    Node (i, j) lies in row i, at stride ``2 ** i``, and in column j. It fuses
    all nodes before it in its row, the node below it of the column before, up-
    sampled, and the node above it of its own column, pooled (the paper's dense
    nested interactive module). A node of column 0 sees the one above it only.
    Each node is a chain of residual blocks with attention. At last, the last
    node of each row is brought to full size and fused (the paper's feature
    pyramid fusion module).

    A head is a 1x1 convolution to one logit: mmseg's ``FCNHead`` with
    ``num_convs=0``, and for deep supervision one such auxiliary head for each
    of the other maps.

    Args:
        in_channels (int): Channels of the image. Defaults to 3.
        channels (Sequence[int]): Channels of each row. Defaults to (16, 32,
            64, 128, 256).
        num_blocks (Sequence[int]): Blocks of a node in each row but the first,
            where it is one. Defaults to (2, 2, 2, 2), the depth of ResNet-18.
        norm_cfg (dict): Norm of the convolutions. Defaults to batch norm.
        init_cfg (dict | list[dict], optional): Initialisation of mmengine.
            By default that of mmcv's ``ConvModule`` (Kaiming).

    Raises:
        ValueError: If there is not one entry of ``num_blocks`` for each row
            but the first, or only one row.
    """

    def __init__(
        self,
        in_channels: int = 3,
        channels: Sequence[int] = (16, 32, 64, 128, 256),
        num_blocks: Sequence[int] = (2, 2, 2, 2),
        norm_cfg: dict = dict(type='BN'),  # noqa: B006
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if len(channels) < 2 or len(num_blocks) != len(channels) - 1:
            raise ValueError(
                'DNANet has two rows or more, and num_blocks for each but the '
                f'first; got channels={tuple(channels)} and '
                f'num_blocks={tuple(num_blocks)}.'
            )
        self.channels = tuple(channels)
        self.rows = len(channels)
        depths = (1, *num_blocks)

        def node(row: int, column: int) -> nn.Sequential:
            above = self.channels[row - 1] if row else 0
            if column == 0:
                width = above or in_channels
            else:
                below = self.channels[row + 1]
                width = column * self.channels[row] + above + below
            widths = [width, *[self.channels[row]] * depths[row]]
            return nn.Sequential(
                *(
                    AttentionBlock(a, b, norm_cfg)
                    for a, b in zip(widths, widths[1:], strict=False)
                )
            )

        self.nodes = nn.ModuleList(
            nn.ModuleList(
                node(row, column) for row in range(self.rows - column)
            )
            for column in range(self.rows)
        )
        first = self.channels[0]
        self.reduce = nn.ModuleList(
            ConvModule(c, first, 1, norm_cfg=norm_cfg)
            for c in self.channels[1:]
        )
        self.fuse = AttentionBlock(self.rows * first, first, norm_cfg)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Extract maps of the size of the image.

        Args:
            x (Tensor): Images ``(B, in_channels, H, W)``, float, of any size.

        Returns:
            tuple[Tensor, ...]: The nodes (0, 1), (0, 2) and so on but the
            last, then the fused pyramid, each ``(B, channels[0], H, W)``.
        """
        rows: list[list[Tensor]] = [[] for _ in range(self.rows)]
        for column, nodes in enumerate(self.nodes):
            for row, node in enumerate(nodes):
                seen = [*rows[row]]
                if row:
                    above = rows[row - 1][column]
                    seen.append(F.max_pool2d(above, 2, ceil_mode=True))
                elif column == 0:
                    seen.append(x)
                if column:
                    below = rows[row + 1][column - 1]
                    seen.append(_up(below, rows[row][0].shape[-2:]))
                rows[row].append(node(torch.cat(seen, 1)))
        size = x.shape[-2:]
        pyramid = [rows[0][-1]]
        for reduce, row in zip(self.reduce, rows[1:], strict=True):
            pyramid.append(_up(reduce(row[-1]), size))
        return (*rows[0][1:-1], self.fuse(torch.cat(pyramid, 1)))


def _up(x: Tensor, size: Sequence[int]) -> Tensor:
    return resize(x, size, mode='bilinear', align_corners=False)
