"""MSHNet: a U-Net whose every scale is an output.

Q. Liu et al., *Infrared Small Target Detection with Scale and Location
Sensitivity*, CVPR 2024. Written from the facts of its paper.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor

from .blocks import AttentionBlock, upsample


@MODELS.register_module()
class MSHNet(BaseModule):
    """A U-Net of residual blocks with attention, as a backbone.

    A 1x1 convolution, encoders at strides 1, 2, 4 and so on, each but the
    first after a 2x2 max pooling, and decoders back up, which see the encoder
    of their stride and the next coarser map, enlarged bilinearly.

    Args:
        in_channels (int): Channels of the image. Defaults to 3.
        channels (Sequence[int]): Channels of each stride. Defaults to (16,
            32, 64, 128, 256).
        num_blocks (Sequence[int]): Blocks of each stride. Defaults to (1, 2,
            2, 2, 2).
        norm_cfg (dict): Norm of the convolutions. Defaults to batch norm.
        align_corners (bool): See ``torch.nn.functional.interpolate``.
            Defaults to True, as in DNANet, whose blocks it has.
        init_cfg (dict | list[dict], optional): Initialisation of mmengine.

    Raises:
        ValueError: If ``channels`` and ``num_blocks`` are not of one length
            of two or more.
    """

    def __init__(
        self,
        in_channels: int = 3,
        channels: Sequence[int] = (16, 32, 64, 128, 256),
        num_blocks: Sequence[int] = (1, 2, 2, 2, 2),
        norm_cfg: dict = dict(type='BN'),  # noqa: B006
        align_corners: bool = True,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if len(channels) < 2 or len(num_blocks) != len(channels):
            raise ValueError(
                'MSHNet has two strides or more, and num_blocks for each; got '
                f'channels={tuple(channels)} and '
                f'num_blocks={tuple(num_blocks)}.'
            )
        self.align_corners = align_corners

        def blocks(width: int, channels: int, depth: int) -> nn.Sequential:
            widths = [width, *[channels] * depth]
            return nn.Sequential(
                *(
                    AttentionBlock(a, b, norm_cfg, bias=True)
                    for a, b in zip(widths, widths[1:], strict=False)
                )
            )

        self.stem = nn.Conv2d(in_channels, channels[0], 1)
        before = (channels[0], *channels[:-1])
        self.encoders = nn.ModuleList(
            map(blocks, before, channels, num_blocks)
        )
        self.decoders = nn.ModuleList(
            blocks(fine + coarse, fine, depth)
            for fine, coarse, depth in zip(
                channels, channels[1:], num_blocks, strict=False
            )
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Extract the maps of the decoders.

        Args:
            x (Tensor): Images ``(B, in_channels, H, W)``, float, of any size.

        Returns:
            tuple[Tensor, ...]: From stride 1 on, that of stride s ``(B, C_s,
            ceil(H / s), ceil(W / s))``.
        """
        x = self.stem(x)
        seen = []
        for i, encoder in enumerate(self.encoders):
            x = encoder(F.max_pool2d(x, 2, ceil_mode=True) if i else x)
            seen.append(x)
        maps = []
        for decoder, fine in zip(
            reversed(self.decoders), reversed(seen[:-1]), strict=True
        ):
            x = upsample(x, fine.shape[-2:], self.align_corners)
            x = decoder(torch.cat([fine, x], 1))
            maps.append(x)
        return tuple(maps[::-1])


@MODELS.register_module()
class MSHNetHead(BaseDecodeHead):
    """A logit at each scale, and one of all of them together.

    The losses are means over the fused output and the outputs of each scale,
    whose masks are max-pooled. For the first iterations one output alone is
    trained, that of the finest scale; predictions are those of the fused one,
    and mean nothing before.

    Args:
        in_channels (Sequence[int]): Channels of the maps, from fine to
            coarse, each of half the size of the one before.
        warm_up (int): Iterations with the finest output alone. The paper has
            five epochs. Defaults to 0.
        threshold (float): Probability above which a pixel is a target.
            Defaults to 0.5.
        align_corners (bool): See :class:`MSHNet`. Defaults to True.
        init_cfg (dict | list[dict], optional): By default torch's.
        **kwargs: Arguments of mmseg's ``BaseDecodeHead``: ``loss_decode``,
            ``ignore_index``.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        warm_up: int = 0,
        threshold: float = 0.5,
        align_corners: bool = True,
        init_cfg: dict | list[dict] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            tuple(in_channels),
            channels=len(in_channels),
            num_classes=2,
            out_channels=1,
            threshold=threshold,
            in_index=tuple(range(len(in_channels))),
            input_transform='multiple_select',
            align_corners=align_corners,
            dropout_ratio=0.0,
            init_cfg=init_cfg,
            **kwargs,
        )
        self.sides = nn.ModuleList(nn.Conv2d(c, 1, 1) for c in in_channels)
        self.conv_seg = nn.Conv2d(len(in_channels), 1, 3, padding=1)
        self.warm_up = warm_up
        self.register_buffer('iteration', torch.tensor(0))

    def logits(self, inputs: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """The fused logit ``(B, 1, H, W)``, and that of each scale."""
        maps = self._transform_inputs(inputs)
        sides = [side(x) for side, x in zip(self.sides, maps, strict=True)]
        size = sides[0].shape[-2:]
        full = [
            sides[0],
            *(upsample(x, size, self.align_corners) for x in sides[1:]),
        ]
        return self.conv_seg(torch.cat(full, 1)), sides

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Compute the fused logits ``(B, 1, H, W)`` of the maps."""
        return self.logits(inputs)[0]

    def loss(
        self,
        inputs: Sequence[Tensor],
        batch_data_samples: list[SegDataSample],
        train_cfg: dict | None,
    ) -> dict[str, Tensor]:
        """Compute the losses.

        Args:
            inputs (Sequence[Tensor]): Maps of the backbone.
            batch_data_samples (list[SegDataSample]): With ``gt_sem_seg``:
                1 in targets, 0 in the background, or ``ignore_index``.
            train_cfg (dict, optional): Not used.

        Returns:
            dict[str, Tensor]: One scalar for each loss.
        """
        fused, sides = self.logits(inputs)
        labels = self._stack_batch_gt(batch_data_samples)  # (B, 1, H, W)
        warming_up = bool(self.iteration < self.warm_up)
        self.iteration += 1
        if warming_up:
            return self._losses(sides[0], labels)
        all_losses = [self._losses(fused, labels)]
        for side in sides:
            all_losses.append(self._losses(side, labels))
            labels = self._pool(labels)
        return {
            name: sum(losses[name] for losses in all_losses) / len(all_losses)
            for name in all_losses[0]
        }

    def _losses(self, logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
        losses = self.loss_decode
        losses = losses if isinstance(losses, nn.ModuleList) else [losses]
        return {
            loss.loss_name: loss(
                logits, labels.squeeze(1), ignore_index=self.ignore_index
            )
            for loss in losses
        }

    def _pool(self, labels: Tensor) -> Tensor:
        """Halve ``(B, 1, H, W)``: targets win, then what is not known."""
        target = (labels == 1).float()
        ignored = (labels == self.ignore_index).float()
        target, ignored = (
            F.max_pool2d(x, 2, ceil_mode=True) > 0 for x in (target, ignored)
        )
        pooled = target.to(labels.dtype)
        return pooled.masked_fill(ignored & ~target, self.ignore_index)
