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
from mmseg.registry import MODELS
from torch import Tensor

from .blocks import AttentionBlock, upsample


@MODELS.register_module()
class DNANet(BaseModule):
    """The dense nested attention network, as a backbone.

    Node (i, j) lies in row i, at stride ``2 ** i``, and in column j. It fuses
    all nodes before it in its row, the node below it of the column before, up-
    sampled, and the node above it of its own column, at half the size. A node
    of column 0 sees the one above it only (the paper's dense nested
    interactive module). Each node is a chain of residual blocks with
    attention. At last, the last node of each row is brought to full size and
    fused (the paper's feature pyramid fusion module).

    A head is a 1x1 convolution to one logit: mmseg's ``FCNHead`` with
    ``num_convs=0``, and for deep supervision one such auxiliary head for each
    of the other maps.

    The published code departs from the formulas of the paper: it halves by
    interpolation from column 1 on, aligns corners, has biases under its norms
    and fuses by a plain convolution. ``published=False`` pools, does not align
    corners, and has a norm in the fusion in place of biases.

    Args:
        in_channels (int): Channels of the image. Defaults to 3.
        channels (Sequence[int]): Channels of each row. Defaults to (16, 32,
            64, 128, 256).
        num_blocks (Sequence[int]): Blocks of a node in each row but the first,
            where it is one. Defaults to (2, 2, 2, 2), the depth of ResNet-18.
        norm_cfg (dict): Norm of the convolutions. Defaults to batch norm.
        published (bool): Whether to follow the published code. Defaults to
            True.
        init_cfg (dict | list[dict], optional): Initialisation of mmengine.
            By default Xavier if ``published``, else that of mmcv's
            ``ConvModule`` (Kaiming).

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
        published: bool = True,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        if init_cfg is None and published:
            init_cfg = dict(
                type='Xavier', layer='Conv2d', distribution='normal'
            )
        super().__init__(init_cfg)
        if len(channels) < 2 or len(num_blocks) != len(channels) - 1:
            raise ValueError(
                'DNANet has two rows or more, and num_blocks for each but the '
                f'first; got channels={tuple(channels)} and '
                f'num_blocks={tuple(num_blocks)}.'
            )
        self.channels = tuple(channels)
        self.rows = len(channels)
        self.published = published
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
                    AttentionBlock(a, b, norm_cfg, bias=published)
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
        options = dict(act_cfg=None) if published else dict(norm_cfg=norm_cfg)
        self.reduce = nn.ModuleList(
            ConvModule(c, first, 1, **options) for c in self.channels[1:]
        )
        self.fuse = AttentionBlock(
            self.rows * first, first, norm_cfg, bias=published
        )

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
                    seen.append(self._halve(rows[row - 1][column], column))
                elif column == 0:
                    seen.append(x)
                if column:
                    below = rows[row + 1][column - 1]
                    seen.append(self._resize(below, rows[row][0]))
                rows[row].append(node(torch.cat(seen, 1)))
        pyramid = [rows[0][-1]]
        for reduce, row in zip(self.reduce, rows[1:], strict=True):
            pyramid.append(self._resize(reduce(row[-1]), x))
        return (*rows[0][1:-1], self.fuse(torch.cat(pyramid, 1)))

    def _halve(self, x: Tensor, column: int) -> Tensor:
        if column and self.published:
            height, width = x.shape[-2:]
            size = ((height + 1) // 2, (width + 1) // 2)
            return upsample(x, size, align_corners=True)
        return F.max_pool2d(x, 2, ceil_mode=True)

    def _resize(self, x: Tensor, like: Tensor) -> Tensor:
        return upsample(x, like.shape[-2:], self.published)
