"""ACM: a light U-Net whose skips are gated in both directions.

Y. Dai et al., *Asymmetric Contextual Modulation for Infrared Small Target
Detection*, WACV 2021 (arXiv 2009.14530). Written from the facts of its paper.
"""

from collections.abc import Sequence

import torch.nn as nn
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor

from .blocks import ResidualBlock


class AsymmetricModulation(nn.Module):
    """Fuses a fine and a coarse map, each weighed by the other.

    What the coarse map is about, over all places, weighs the channels of the
    fine one; what the fine map shows at a place weighs the coarse one there.

    Args:
        channels (int): Channels of both maps and of the result.
        norm_cfg (dict): Norm of the convolutions.
        reduction (int): Channels per hidden unit of the gates. Defaults to 4.
    """

    def __init__(
        self, channels: int, norm_cfg: dict, reduction: int = 4
    ) -> None:
        super().__init__()

        def gate() -> list[nn.Module]:
            hidden = max(channels // reduction, 1)
            options = dict(norm_cfg=norm_cfg, bias=True)
            return [
                ConvModule(channels, hidden, 1, **options),
                ConvModule(
                    hidden,
                    channels,
                    1,
                    act_cfg=dict(type='Sigmoid'),
                    **options,
                ),
            ]

        self.top_down = nn.Sequential(nn.AdaptiveAvgPool2d(1), *gate())
        self.bottom_up = nn.Sequential(*gate())
        self.post = ConvModule(
            channels, channels, 3, padding=1, norm_cfg=norm_cfg, bias=True
        )

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """Fuse two maps ``(B, C, H, W)``: one of the same shape."""
        of_fine = fine * self.top_down(coarse)
        of_coarse = coarse * self.bottom_up(fine)
        return self.post(2 * (of_fine + of_coarse))


@MODELS.register_module()
class ACM(BaseModule):
    """The U-Net with asymmetric contextual modulation, as a backbone.

    A stem of stride 4, three stages of residual blocks at strides 4, 8 and
    16, and the way back to stride 4.

    In training it needs more than one image in a batch: its gates normalise
    one value per image and channel.

    Args:
        in_channels (int): Channels of the image. Defaults to 3.
        channels (Sequence[int]): Channels of the stem and of the stages.
            Defaults to (8, 16, 32, 64).
        depth (int): Blocks of a stage. Defaults to 3, with which it has the
            published 0.398 M parameters.
        norm_cfg (dict): Norm of the convolutions. Defaults to batch norm.
        init_cfg (dict | list[dict], optional): Initialisation of mmengine.
    """

    def __init__(
        self,
        in_channels: int = 3,
        channels: Sequence[int] = (8, 16, 32, 64),
        depth: int = 3,
        norm_cfg: dict = dict(type='BN'),  # noqa: B006
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        width, *stages = channels
        options = dict(padding=1, norm_cfg=norm_cfg)
        self.stem = nn.Sequential(
            ConvModule(in_channels, width, 3, stride=2, **options),
            ConvModule(width, width, 3, **options),
            ConvModule(width, stages[0], 3, **options),
            nn.MaxPool2d(3, stride=2, padding=1),
        )

        def stage(width: int, channels: int, stride: int) -> nn.Sequential:
            return nn.Sequential(
                ResidualBlock(width, channels, stride, norm_cfg),
                *(
                    ResidualBlock(channels, channels, 1, norm_cfg)
                    for _ in range(depth - 1)
                ),
            )

        before = (stages[0], *stages[:-1])
        self.encoders = nn.ModuleList(
            stage(a, b, 2 if i else 1)
            for i, (a, b) in enumerate(zip(before, stages, strict=True))
        )
        steps = list(zip(stages, stages[1:], strict=False))
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(coarse, fine, 4, stride=2, padding=1)
            for fine, coarse in steps
        )
        self.fuse = nn.ModuleList(
            AsymmetricModulation(fine, norm_cfg) for fine, _ in steps
        )
        self.decoders = nn.ModuleList(
            stage(fine, fine, 1) for fine, _ in steps
        )

    def forward(self, x: Tensor) -> tuple[Tensor]:
        """Extract one map.

        Args:
            x (Tensor): Images ``(B, in_channels, H, W)``, float, of any size.

        Returns:
            tuple[Tensor]: ``(B, channels[1], ceil(H / 4), ceil(W / 4))``.
        """
        x = self.stem(x)
        seen = []
        for encoder in self.encoders:
            x = encoder(x)
            seen.append(x)
        for i in reversed(range(len(self.up))):
            fine = seen[i]
            # one row or column more where the finer map has an odd number
            coarse = self.up[i](x)[..., : fine.shape[-2], : fine.shape[-1]]
            x = self.decoders[i](self.fuse[i](fine, coarse))
        return (x,)
