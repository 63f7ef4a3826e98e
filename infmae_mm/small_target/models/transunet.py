"""A TransUNet-style network, where the paper has the network of its ref. 33.

That network (Liu et al., *Infrared Small and Dim Target Detection With
Transformer Under Complex Backgrounds*, TIP 2023) is not public: its abstract
tells of self-attention in the encoder and of a decoder with skips like those
of a U-Net. This one has the same two parts, after Chen et al., *TransUNet*,
2021 (arXiv 2102.04306), and makes no claim to be it.
"""

from collections.abc import Sequence

import torch
import torch.nn as nn
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmseg.models.backbones.resnet import ResNetV1c
from mmseg.models.backbones.vit import TransformerEncoderLayer
from mmseg.registry import MODELS
from torch import Tensor

from ...position import sincos_position_embedding
from .blocks import upsample


@MODELS.register_module()
class TransUNet(BaseModule):
    """ResNet to stride 16, transformer blocks, and a U-Net's way back.

    Args:
        in_channels (int): Channels of the image. Defaults to 3.
        depth (int): Depth of the ResNet (V1c, of mmseg). Defaults to 50.
        base_channels (int): Width of the ResNet. Defaults to 64.
        embed_dims (int): Channels of the tokens. Defaults to 768.
        num_layers (int): Transformer blocks. Defaults to 12.
        num_heads (int): Heads of their attention. Defaults to 12.
        channels (Sequence[int]): Channels of the decoder at strides 8, 4, 2
            and 1. Defaults to (256, 128, 64, 16).
        norm_cfg (dict): Norm of the convolutions. Defaults to batch norm.
        init_cfg (dict | list[dict], optional): Initialisation of mmengine.

    Raises:
        ValueError: If ``channels`` are not four.
    """

    def __init__(
        self,
        in_channels: int = 3,
        depth: int = 50,
        base_channels: int = 64,
        embed_dims: int = 768,
        num_layers: int = 12,
        num_heads: int = 12,
        channels: Sequence[int] = (256, 128, 64, 16),
        norm_cfg: dict = dict(type='BN'),  # noqa: B006
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if len(channels) != 4:
            raise ValueError(
                'The decoder has channels at strides 8, 4, 2 and 1, got '
                f'{tuple(channels)}.'
            )
        self.resnet = ResNetV1c(
            depth=depth,
            in_channels=in_channels,
            stem_channels=base_channels,
            base_channels=base_channels,
            num_stages=3,
            strides=(1, 2, 2),
            dilations=(1, 1, 1),
            out_indices=(0, 1, 2),
            norm_cfg=norm_cfg,
        )
        grow = 1 if depth < 50 else 4
        skips = [base_channels * grow * k for k in (2, 1)] + [base_channels, 0]
        self.embed = nn.Conv2d(base_channels * grow * 4, embed_dims, 1)
        self.layers = nn.ModuleList(
            TransformerEncoderLayer(embed_dims, num_heads, 4 * embed_dims)
            for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(embed_dims)
        before = (embed_dims, *channels[:-1])
        self.steps = nn.ModuleList(
            nn.Sequential(
                *(
                    ConvModule(a, b, 3, padding=1, norm_cfg=norm_cfg)
                    for a, b in ((width + skip, out), (out, out))
                )
            )
            for width, skip, out in zip(before, skips, channels, strict=True)
        )

    def forward(self, x: Tensor) -> tuple[Tensor]:
        """Extract one map.

        Args:
            x (Tensor): Images ``(B, in_channels, H, W)``, float, of any size.

        Returns:
            tuple[Tensor]: ``(B, channels[-1], H, W)``.
        """
        size = x.shape[-2:]
        half = self.resnet.stem(x)
        skips = [half]  # strides 2, 4 and 8
        y = self.resnet.maxpool(half)
        for name in self.resnet.res_layers:
            y = getattr(self.resnet, name)(y)
            skips.append(y)
        y = self._attend(self.embed(skips.pop()))
        for step in self.steps:
            if skips:
                skip = skips.pop()
                y = torch.cat([upsample(y, skip.shape[-2:]), skip], 1)
            else:
                y = upsample(y, size)
            y = step(y)
        return (y,)

    def _attend(self, x: Tensor) -> Tensor:
        shape = x.shape  # (B, C, h, w)
        tokens = x.flatten(2).transpose(1, 2)  # (B, h * w, C)
        tokens = tokens + sincos_position_embedding(
            tuple(shape[-2:]), shape[1]
        ).to(tokens)
        for layer in self.layers:
            tokens = layer(tokens)
        return self.norm(tokens).transpose(1, 2).reshape(shape)
