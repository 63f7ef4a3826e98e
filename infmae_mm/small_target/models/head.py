"""A decode head for targets that are smaller than a cell of the backbone."""

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from .blocks import ResidualBlock, upsample
from .contrast import LocalContrast


@MODELS.register_module()
class SmallTargetHead(BaseDecodeHead):
    """A small U-Net on the image, into which F1 to F4 are fused.

    A target of 3x3 pixels is less than one cell of F1, whose stride is 4. So
    the image has a stem of its own, residual blocks at strides 2 and 4: it
    says where a target is, the backbone says whether it is one. F4 to F1 are
    added up top-down and join the stem at stride 4; from there it goes back
    to stride 2, where each place gives four logits, one for each of its
    pixels. So the head computes nothing at stride 1, which would cost more
    than all the rest, and still sees and answers for each pixel.

    The stem sees grey and its :class:`LocalContrast`, which tells a speck on
    a clear sky from one of many. Its segmentor is
    :class:`SmallTargetSegmentor`, which hands it the image.

    Args:
        in_channels (Sequence[int]): Channels of the image, then of the
            maps, from fine to coarse, such as ``(3, 256, 384, 768, 768)``.
        channels (int): Channels of what the maps are fused to.
        stem_channels (Sequence[int]): Channels of the stem at strides 2, 4
            and so on; the last stride must be that of the first map.
            Defaults to (16, 32).
        contrast_reaches (Sequence[int]): Surroundings that contrast is
            measured against, see :class:`LocalContrast`; (): grey alone.
            Defaults to (3, 9, 33).
        side_weight (float): Deep supervision: factor of the losses of
            further one-logit outputs, one for each stride of the stem but the
            first. 0 builds none. Defaults to 0.
        bias_prob (float): The first probabilities. Nearly every pixel is
            background. Defaults to 0.01.
        in_index (Sequence[int], optional): Which inputs are meant. By
            default all, in order.
        threshold (float): Probability above which a pixel is a target.
            Defaults to 0.5.
        norm_cfg (dict, optional): Norm of the convolutions. Defaults to
            batch norm.
        init_cfg (dict, optional): By default what ``bias_prob`` says.
        **kwargs: Arguments of mmseg's ``BaseDecodeHead``: ``loss_decode``,
            ``dropout_ratio``, ``act_cfg``, ``ignore_index``, ``sampler``.

    Raises:
        ValueError: If there are fewer than two inputs, no stem, or reaches
            that are not odd.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        channels: int,
        stem_channels: Sequence[int] = (16, 32),
        contrast_reaches: Sequence[int] = (3, 9, 33),
        side_weight: float = 0.0,
        bias_prob: float = 0.01,
        in_index: Sequence[int] | None = None,
        threshold: float = 0.5,
        norm_cfg: dict | None = dict(type='BN'),  # noqa: B006
        init_cfg: dict | None = None,
        **kwargs: Any,
    ) -> None:
        if len(in_channels) < 2 or not stem_channels:
            raise ValueError(
                'in_channels are those of the image and of one map or more, '
                'stem_channels those of one stride or more; got '
                f'{tuple(in_channels)} and {tuple(stem_channels)}.'
            )
        super().__init__(
            tuple(in_channels),
            channels,
            num_classes=2,
            out_channels=1,
            threshold=threshold,
            in_index=tuple(in_index or range(len(in_channels))),
            input_transform='multiple_select',
            norm_cfg=norm_cfg,
            init_cfg=init_cfg
            or dict(
                type='Normal',
                std=0.01,
                bias_prob=bias_prob,
                override=dict(name='conv_seg'),
            ),
            **kwargs,
        )
        map_channels = in_channels[1:]
        self.contrast = LocalContrast(contrast_reaches)
        first, *_, last = stem_channels
        steps = list(zip(stem_channels, stem_channels[1:], strict=False))
        options = dict(norm_cfg=norm_cfg, act_cfg=None)

        self.stem = nn.ModuleList(
            ResidualBlock(a, b, 2, norm_cfg) for a, b in steps
        )
        self.stem.insert(
            0,
            nn.Sequential(
                ConvModule(
                    self.contrast.channels,
                    first,
                    5,
                    stride=2,
                    padding=2,
                    norm_cfg=norm_cfg,
                ),
                ResidualBlock(first, first, 1, norm_cfg),
            ),
        )
        self.laterals = nn.ModuleList(
            ConvModule(c, channels, 1, **options) for c in map_channels
        )
        # one between each map and the next finer one
        self.fusions = nn.ModuleList(
            ConvModule(channels, channels, 3, padding=1, norm_cfg=norm_cfg)
            for _ in map_channels[1:]
        )
        self.join = ConvModule(channels, last, 1, **options)
        self.reduce = nn.ModuleList(
            ConvModule(coarse, fine, 1, **options) for fine, coarse in steps
        )
        self.decoders = nn.ModuleList(
            ConvModule(c, c, 3, padding=1, norm_cfg=norm_cfg)
            for c in stem_channels
        )
        # the four pixels of a place of stride 2
        self.conv_seg = nn.Conv2d(first, 4, 1)
        self.side_weight = side_weight
        self.sides = nn.ModuleList(
            nn.Conv2d(c, 1, 1)
            for c in (stem_channels[1:] if side_weight else ())
        )

    def fuse(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Decoded maps ``(B, C_i, h, w)``, from stride 2 to coarser ones."""
        image, *maps = self._transform_inputs(inputs)
        x = self.contrast(image)
        seen = []
        for block in self.stem:
            x = block(x)
            seen.append(x)
        x = seen.pop()
        height, width = x.shape[-2:]
        context = self.join(F.relu(self._context(maps)))
        x = x + context[..., :height, :width]
        decoded = [self.decoders[-1](x)]
        for i in reversed(range(len(seen))):
            x = self.reduce[i](decoded[0])
            x = seen[i] + upsample(x, seen[i].shape[-2:])
            decoded.insert(0, self.decoders[i](x))
        return decoded

    def _context(self, maps: Sequence[Tensor]) -> Tensor:
        """All maps at the size of the first: ``(B, channels, h, w)``."""
        *finer, x = [
            lateral(x) for lateral, x in zip(self.laterals, maps, strict=True)
        ]
        for fusion, fine in zip(self.fusions, reversed(finer), strict=True):
            x = fine + upsample(fusion(F.relu(x)), fine.shape[-2:])
        return x

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Compute the logits.

        Args:
            inputs (Sequence[Tensor]): The image ``(B, C, H, W)`` and the
                maps of the backbone, that of stride s ``(B, C_i, ceil(H / s),
                ceil(W / s))``, or of the image padded below and at the right,
                as a ViT with a pyramid has them.

        Returns:
            Tensor: ``(B, 1, H, W)``, of any size.
        """
        return self._logits(self.fuse(inputs)[0], inputs[self.in_index[0]])

    def _logits(self, decoded: Tensor, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        logits = F.pixel_shuffle(self.cls_seg(decoded), 2)
        return logits[..., :height, :width]

    def loss(
        self,
        inputs: Sequence[Tensor],
        batch_data_samples: list[SegDataSample],
        train_cfg: dict | None,
    ) -> dict[str, Tensor]:
        """Compute the losses of the output, and of the side outputs.

        Args:
            inputs (Sequence[Tensor]): As of :meth:`forward`.
            batch_data_samples (list[SegDataSample]): With ``gt_sem_seg``:
                1 in targets, 0 in the background, or ``ignore_index``.
            train_cfg (dict, optional): Not used.

        Returns:
            dict[str, Tensor]: One scalar for each loss and output.
        """
        finest, *coarser = self.fuse(inputs)
        logits = self._logits(finest, inputs[self.in_index[0]])
        losses = self.loss_by_feat(logits, batch_data_samples)
        # mmseg's accuracy takes the best of one class: the share of background
        del losses['acc_seg']
        names = [*losses]
        for i, side in enumerate(self.sides):
            of_side = self.loss_by_feat(side(coarser[i]), batch_data_samples)
            for name in names:
                losses[f'side{i}_{name}'] = self.side_weight * of_side[name]
        return losses
