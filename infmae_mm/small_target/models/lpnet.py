"""LPNetGA: a network of local patches, weighed by global attention.

F. Chen et al., *Local Patch Network with Global Attention for Infrared Small
Target Detection*, TAES 2022 (arXiv 2108.06054). Written from the facts of its
paper.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor

from .blocks import upsample

_NORM = dict(type='BN')


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions and a shortcut.

    Args:
        in_channels (int): Channels of the input.
        channels (int): Channels inside and of the output.
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        options = dict(norm_cfg=_NORM, bias=True)
        self.body = nn.Sequential(
            ConvModule(in_channels, channels, 1, **options),
            ConvModule(channels, channels, 3, padding=1, **options),
            ConvModule(channels, channels, 1, act_cfg=None, **options),
        )
        self.shortcut = nn.Identity()
        if in_channels != channels:
            self.shortcut = ConvModule(
                in_channels, channels, 3, padding=1, act_cfg=None, **options
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, C_in, H, W)`` to ``(B, C, H, W)``."""
        return F.relu(self.body(x) + self.shortcut(x))


def _chain(*widths: int) -> nn.Sequential:
    return nn.Sequential(
        *(Bottleneck(a, b) for a, b in zip(widths, widths[1:], strict=False))
    )


@MODELS.register_module()
class LPNetGA(BaseModule):
    """Features and attention of the whole image, as a backbone.

    Args:
        in_channels (int): Channels of the image, which is 0 to 1. Defaults
            to 1.
        size (int): Images of another size are resized to this height and
            width. Defaults to 120.
        width (int): A quarter of the widest map but one. Defaults to 32.
        init_cfg (dict | list[dict], optional): Initialisation of mmengine.
    """

    def __init__(
        self,
        in_channels: int = 1,
        size: int = 120,
        width: int = 32,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.size = size
        self.features = _chain(in_channels, 2 * width, 4 * width, 2 * width, 8)
        self.attention = nn.Sequential(
            _chain(8, width, 2 * width, 4 * width, 2 * width, width, 1),
            nn.Conv2d(1, 1, 1),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Extract features and attention.

        Args:
            x (Tensor): Images ``(B, in_channels, H, W)``, float, 0 to 1.

        Returns:
            tuple[Tensor, Tensor]: Features times attention ``(B, 8, size,
            size)``, and the attention ``(B, 1, size, size)``, whose sum over
            an image is 1.
        """
        if x.shape[-2:] != (self.size, self.size):
            x = upsample(x, (self.size, self.size))
        features = self.features(x)
        scores = self.attention(features)
        attention = scores.flatten(1).softmax(1).view_as(scores)
        return features * attention, attention


@MODELS.register_module()
class LPNetGAHead(BaseDecodeHead):
    """Finds targets patch by patch and adds up what overlaps.

    Patches of the features go through one small network. The losses are those
    of the patches inside the image; the map that is predicted is the sum of
    all, scaled from 0 to 1 in each image. So an image always has a pixel of
    probability 1, also one without a target: that is the method.

    Args:
        patch_size (int): Height and width of a patch, even. Defaults to 30.
        stride (int): Pixels between patches; divides ``patch_size``.
            Defaults to 10.
        width (int): Channels of the network of patches. Defaults to 32.
        sigma (float, optional): Supervise the attention by masks that are
            spread by a low-pass of this width. The paper has 20 for MFIRST
            and no such loss for SIRST. Defaults to None: not supervised.
        threshold (float): Value above which a pixel is a target. Defaults to
            0.5.
        init_cfg (dict | list[dict], optional): Initialisation of mmengine.
        **kwargs: Arguments of mmseg's ``BaseDecodeHead``: ``ignore_index``.
    """

    def __init__(
        self,
        patch_size: int = 30,
        stride: int = 10,
        width: int = 32,
        sigma: float | None = None,
        threshold: float = 0.5,
        init_cfg: dict | list[dict] | None = None,
        **kwargs,
    ) -> None:
        super().__init__(
            in_channels=8,
            channels=width,
            num_classes=2,
            out_channels=1,
            threshold=threshold,
            in_index=0,
            dropout_ratio=0.0,
            init_cfg=init_cfg,
            **kwargs,
        )
        if patch_size % 2 or patch_size % stride:
            raise ValueError(
                'patch_size must be even and a multiple of stride, got '
                f'{patch_size} and {stride}.'
            )
        self.patch_size, self.stride, self.sigma = patch_size, stride, sigma
        options = dict(norm_cfg=_NORM, bias=True)
        self.branches = nn.ModuleList(
            ConvModule(8, 4, k, padding=k // 2, **options) for k in (1, 3, 5)
        )
        self.enlarge = nn.Sequential(
            nn.ConvTranspose2d(
                12, width, 3, stride=2, padding=1, output_padding=1
            ),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )
        self.refine = _chain(width, width, width, 1)
        self.conv_seg = nn.Conv2d(1, 1, 1)

    def of_patches(self, patches: Tensor) -> Tensor:
        """Logits ``(N, 1, p, p)`` of patches ``(N, 8, p, p)``."""
        x = torch.cat([branch(patches) for branch in self.branches], 1)
        x = self.refine(self.enlarge(x))  # (N, 1, 2 * p, 2 * p)
        return self.conv_seg(F.max_pool2d(x, 2))

    def forward(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        """Compute logits whose sigmoid is the scaled sum of the patches.

        Args:
            inputs (tuple[Tensor, Tensor]): Of :class:`LPNetGA`.

        Returns:
            Tensor: ``(B, 1, size, size)``.
        """
        features = inputs[0]
        batch, _, height, width = features.shape
        pad = self.patch_size
        patches = self._cut(F.pad(features, [pad] * 4))
        found = self.of_patches(patches).sigmoid()
        columns = found.view(batch, -1, self.patch_size**2).transpose(1, 2)
        total = F.fold(
            columns,
            (height + 2 * pad, width + 2 * pad),
            self.patch_size,
            stride=self.stride,
        )[..., pad:-pad, pad:-pad]
        low, high = total.amin((2, 3), True), total.amax((2, 3), True)
        scaled = (total - low) / (high - low).clamp_min(1e-6)
        return torch.logit(scaled, eps=1e-6)

    def _cut(self, x: Tensor) -> Tensor:
        """Patches ``(B * N, C, p, p)`` of ``(B, C, H, W)``, row by row."""
        p = self.patch_size
        columns = F.unfold(x, p, stride=self.stride)  # (B, C * p * p, N)
        return columns.transpose(1, 2).reshape(-1, x.shape[1], p, p)

    def loss(
        self,
        inputs: tuple[Tensor, Tensor],
        batch_data_samples: list[SegDataSample],
        train_cfg: dict | None,
    ) -> dict[str, Tensor]:
        """Compute the losses.

        Args:
            inputs (tuple[Tensor, Tensor]): Of :class:`LPNetGA`.
            batch_data_samples (list[SegDataSample]): With ``gt_sem_seg`` of
                the size of the maps: 1 in targets, 0 in the background, or
                ``ignore_index``.
            train_cfg (dict, optional): Not used.

        Returns:
            dict[str, Tensor]: ``loss_patch``, and ``loss_attention`` if the
            attention is supervised.

        Raises:
            ValueError: If the masks have another size: they must be resized
                with the images.
        """
        features, attention = inputs
        labels = self._stack_batch_gt(batch_data_samples)  # (B, 1, H, W)
        if labels.shape[-2:] != features.shape[-2:]:
            raise ValueError(
                f'LPNetGA trains on {tuple(features.shape[-2:])}, the masks '
                f'are {tuple(labels.shape[-2:])}: resize both in the pipeline.'
            )
        truth = (labels == 1).float()
        known = self._cut((labels != self.ignore_index).float())
        losses = dict(
            loss_patch=F.binary_cross_entropy_with_logits(
                self.of_patches(self._cut(features)), self._cut(truth), known
            )
        )
        if self.sigma is not None:
            spread = spread_mask(truth, self.sigma)
            errors = F.mse_loss(attention, spread)
            losses['loss_attention'] = attention[0].numel() * errors
        return losses


def spread_mask(mask: Tensor, sigma: float) -> Tensor:
    """Spread masks into what attention should be.

    Args:
        mask (Tensor): ``(B, 1, H, W)``, float, 0 and 1.
        sigma (float): Width of the Gaussian low-pass in the spectrum.

    Returns:
        Tensor: ``(B, 1, H, W)``: the sum over an image is 1, or 0 where it
        has no target.
    """
    rows, columns = (
        torch.fft.fftfreq(n, 1 / n, device=mask.device)
        for n in mask.shape[-2:]
    )
    squares = rows[:, None] ** 2 + columns**2
    low_pass = torch.exp(-squares / (2 * sigma**2)) + 1e-5
    spread = torch.fft.ifft2(torch.fft.fft2(mask) * low_pass).real.abs()
    low, high = spread.amin((2, 3), True), spread.amax((2, 3), True)
    spread = (spread - low) / (high - low).clamp_min(1e-12)
    spread = spread / spread.sum((2, 3), True).clamp_min(1e-12)
    return spread * mask.amax((2, 3), True)
