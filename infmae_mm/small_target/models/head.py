"""A decode head for targets that are smaller than a cell of the backbone."""

from collections.abc import Sequence

from mmcv.cnn import ConvModule
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.utils import resize
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor, nn


class TopDown(nn.Module):
    """One step of a feature pyramid, from a coarse map to a finer one.

    Args:
        in_channels (int): Channels of the finer map.
        channels (int): Channels of the coarse one and of the result.
        norm_cfg (dict, optional): Norm of the convolutions.
        act_cfg (dict, optional): Activation of the fused map.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        norm_cfg: dict | None,
        act_cfg: dict | None,
    ) -> None:
        super().__init__()
        self.lateral = ConvModule(
            in_channels, channels, 1, norm_cfg=norm_cfg, act_cfg=None
        )
        self.fuse = ConvModule(
            channels,
            channels,
            3,
            padding=1,
            norm_cfg=norm_cfg,
            act_cfg=act_cfg,
        )

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """Fuse ``(B, C_in, H, W)`` and ``(B, C, h, w)``: ``(B, C, H, W)``."""
        size = fine.shape[-2:]
        coarse = resize(coarse, size, mode='bilinear', align_corners=False)
        return self.fuse(self.lateral(fine) + coarse)


@MODELS.register_module()
class SmallTargetHead(BaseDecodeHead):
    """Fuses F1 to F4 and the image, top-down, to a logit per pixel.

    A target of 3x3 pixels is less than one cell of F1, whose stride is 4. So
    the pyramid does not end there: a stem of two 3x3 convolutions adds maps
    of strides 1 and 2. They say where in a cell the target is; the backbone
    says whether it is one.

    It stands for the decoder of the paper's reference 33, whose encoder InfMAE
    replaces (section 5.4); it is not that decoder. Its segmentor is
    :class:`SmallTargetSegmentor`, which hands it the image.

    Args:
        in_channels (Sequence[int]): Channels of the image, then of the
            maps, from fine to coarse, such as ``(3, 256, 384, 768, 768)``.
        channels (int): Channels of every fused map.
        side_weight (float): Deep supervision: factor of the losses of
            further one-logit outputs, one for each fused map but the finest.
            0 builds none. Defaults to 0.
        in_index (Sequence[int], optional): Which inputs are meant. By
            default all, in order.
        threshold (float): Probability above which a pixel is a target.
            Defaults to 0.5.
        norm_cfg (dict, optional): Norm of the convolutions. Defaults to
            batch norm.
        init_cfg (dict, optional): By default the first probabilities are
            about 0.01, since nearly every pixel is background.
        **kwargs: Arguments of mmseg's ``BaseDecodeHead``: ``loss_decode``,
            ``dropout_ratio``, ``act_cfg``, ``ignore_index``, ``sampler``.

    Raises:
        ValueError: If there are fewer than two inputs.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        channels: int,
        side_weight: float = 0.0,
        in_index: Sequence[int] | None = None,
        threshold: float = 0.5,
        norm_cfg: dict | None = dict(type='BN'),  # noqa: B006
        init_cfg: dict | None = None,
        **kwargs,
    ) -> None:
        if len(in_channels) < 2:
            raise ValueError(
                'in_channels are those of the image and of one map or more, '
                f'got {tuple(in_channels)}.'
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
                bias_prob=0.01,
                override=dict(name='conv_seg'),
            ),
            **kwargs,
        )
        image_channels, *map_channels = in_channels
        self.stem = nn.ModuleList(
            ConvModule(
                channels_in,
                channels,
                3,
                stride=stride,
                padding=1,
                norm_cfg=norm_cfg,
                act_cfg=self.act_cfg,
            )
            for channels_in, stride in ((image_channels, 1), (channels, 2))
        )
        *finer, coarsest = (channels, channels, *map_channels)
        self.coarsest = ConvModule(
            coarsest, channels, 1, norm_cfg=norm_cfg, act_cfg=self.act_cfg
        )
        self.steps = nn.ModuleList(
            TopDown(c, channels, norm_cfg, self.act_cfg)
            for c in reversed(finer)
        )
        self.side_weight = side_weight
        self.sides = nn.ModuleList(
            nn.Conv2d(channels, 1, 1)
            for _ in range(len(finer) - 1 if side_weight else 0)
        )

    def fuse(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Fused maps ``(B, channels, h, w)``, from stride 16 to stride 1."""
        image, *maps = self._transform_inputs(inputs)
        full = self.stem[0](image)
        *finer, coarsest = (full, self.stem[1](full), *maps)
        x = self.coarsest(coarsest)
        fused = []
        for step, fine in zip(self.steps, reversed(finer), strict=True):
            x = step(fine, x)
            fused.append(x)
        return fused

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Compute the logits.

        Args:
            inputs (Sequence[Tensor]): The image ``(B, C, H, W)`` and the
                maps of the backbone, that of stride s ``(B, C_i, ceil(H / s),
                ceil(W / s))``.

        Returns:
            Tensor: ``(B, 1, H, W)``, of any size.
        """
        return self.cls_seg(self.fuse(inputs)[-1])

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
        *coarser, finest = self.fuse(inputs)
        losses = self.loss_by_feat(self.cls_seg(finest), batch_data_samples)
        # mmseg's accuracy takes the best of one class: the share of background
        del losses['acc_seg']
        for i, side in enumerate(self.sides):
            of_side = self.loss_by_feat(side(coarser[i]), batch_data_samples)
            for loss in of_side.keys() & losses.keys():
                losses[f'side{i}_{loss}'] = self.side_weight * of_side[loss]
        return losses
