"""Which patches of an image the encoder sees in pre-training.

A masking strategy turns a batch of images into the ids of visible and of
masked patches: scores, an order, every S-th patch (paper section 4.2). Patches
are numbered row by row on the grid of 16x16 patches.
"""

import math
from collections.abc import Callable

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.registry import MODELS
from torch import Tensor

from .patches import PATCH_SIZE, patch_grid


def mask_from_ids(visible_ids: Tensor, num_patches: int) -> Tensor:
    """The binary mask ``(B, N)``, float32: 1 is masked, 0 is visible."""
    shape = (len(visible_ids), num_patches)
    mask = torch.ones(shape, device=visible_ids.device)
    return mask.scatter_(1, visible_ids, 0.0)


def mask_template(mask: Tensor, grid: tuple[int, int], scale: int) -> Tensor:
    """Up-sample a mask to a finer grid: the paper's mask blocks.

    Args:
        mask (Tensor): ``(B, N)`` on a grid of ``N`` patches.
        grid (tuple[int, int]): Rows and columns of the grid.
        scale (int): 2 for the grid of stride 8, 4 for that of stride 4.

    Returns:
        Tensor: ``(B, rows * scale, columns * scale)``.
    """
    mask = mask.view(-1, 1, *grid)  # (B, 1, rows, columns)
    return F.interpolate(mask, scale_factor=scale, mode='nearest').squeeze(1)


def strided_ids(
    scores: Tensor, stride: int, descending: bool
) -> tuple[Tensor, Tensor]:
    """Sort patches by score and keep every ``stride``-th of them.

    Args:
        scores (Tensor): ``(B, N)``.
        stride (int): Sampling stride S of the sorted patches.
        descending (bool): Whether the richest patch comes first.

    Returns:
        tuple[Tensor, Tensor]: Visible ids ``(B, ceil(N / S))`` and masked ids
        ``(B, N - ceil(N / S))``, int64, each in the order of the scores.
    """
    # Stable, so that a constant image gives the same mask on every device.
    order = scores.argsort(dim=1, descending=descending, stable=True)
    n = order.shape[1]
    # Groups of S, the last one filled up: shapes that are known beforehand,
    # so that a GPU need not wait and torch.compile sees one graph.
    groups = F.pad(order, (0, -n % stride)).unflatten(1, (-1, stride))
    visible = groups[..., 0]  # (B, ceil(N / S))
    masked = groups[..., 1:].flatten(1)[:, : n - visible.shape[1]]
    return visible, masked


def top_ids(
    scores: Tensor, stride: int, descending: bool
) -> tuple[Tensor, Tensor]:
    """Sort patches by score and keep the first of them.

    As many as :func:`strided_ids` keeps. The arguments and what is returned
    are those of that function.
    """
    order = scores.argsort(dim=1, descending=descending, stable=True)
    num_visible = -(-order.shape[1] // stride)
    return order[:, :num_visible], order[:, num_visible:]


SAMPLINGS: dict[str, Callable[[Tensor, int, bool], tuple[Tensor, Tensor]]] = (
    dict(strided=strided_ids, top=top_ids)
)


def _patch_pixels(x: Tensor) -> Tensor:
    """Pixels of each patch, averaged over the channels: ``(B, N, 256)``."""
    rows, columns = patch_grid(x)
    p = PATCH_SIZE
    x = x.mean(dim=1).view(-1, rows, p, columns, p).transpose(2, 3)
    return x.reshape(-1, rows * columns, p * p)  # (B, N, 256)


def intensity_score(pixels: Tensor) -> Tensor:
    """Mean intensity of each patch: ``(B, N, 256)`` to ``(B, N)``."""
    return pixels.mean(dim=-1)


def variance_score(pixels: Tensor) -> Tensor:
    """Variance in each patch: ``(B, N, 256)`` to ``(B, N)``."""
    return pixels.var(dim=-1, unbiased=False)


def entropy_score(pixels: Tensor) -> Tensor:
    """Information entropy of each patch in bit (paper equation 1).

    Args:
        pixels (Tensor): Pixels of the patches, ``(B, N, 256)``, on any linear
            scale: the range of each image makes 256 brightness levels.

    Returns:
        Tensor: ``(B, N)``, from 0 for a constant patch to 8.
    """
    low = pixels.amin(dim=(1, 2), keepdim=True)
    high = pixels.amax(dim=(1, 2), keepdim=True)
    level = (pixels - low) * (255 / (high - low).clamp_min(1e-6))
    count = pixels.new_zeros(*pixels.shape[:2], 256)
    count.scatter_add_(2, level.round().long(), torch.ones_like(pixels))
    p = count / pixels.shape[-1]
    return -torch.special.xlogy(p, p).sum(dim=-1) / math.log(2)


SCORES: dict[str, Callable[[Tensor], Tensor]] = dict(
    intensity=intensity_score,
    variance=variance_score,
    entropy=entropy_score,
)


@MODELS.register_module()
class InformationAwareMasking(nn.Module):
    """Information-aware masking (paper section 4.2).

    Patches are sorted by a score of their content; every S-th one is visible.

    Args:
        stride (int): Sampling stride S; a fraction 1 / S of the patches is
            visible. The paper tries 2, 4, 7 and 14.
        order (str): 'descending' as in the paper, or 'ascending' as in the
            authors' code and for their checkpoint.
        score (str): 'conv' is the authors' 16x16 convolution averaged over
            its outputs, which is one random filter. It only feeds a sort, so
            it never gets a gradient: it is fixed, and saved in checkpoints.
            Infrared images are grey, so it looks at the mean of the channels.
            Or 'intensity', 'variance' or 'entropy'.
        sampling (str): 'strided' takes every S-th patch of the order, as the
            paper does; 'top' the first ``ceil(N / S)``. With
            ``score='entropy'``, 'top' is the masking of DuGI-MAE (AAAI 2026),
            which leaves the number of brightness levels open: here 256.

    Raises:
        ValueError: If an argument is not one of the above.
    """

    def __init__(
        self,
        stride: int = 4,
        order: str = 'descending',
        score: str = 'conv',
        sampling: str = 'strided',
    ) -> None:
        super().__init__()
        if stride < 1:
            raise ValueError(f'stride must be 1 or more, got {stride}.')
        if order not in ('descending', 'ascending'):
            raise ValueError(
                f"order must be 'descending' or 'ascending', got {order!r}."
            )
        if score != 'conv' and score not in SCORES:
            raise ValueError(
                f'score must be one of {["conv", *SCORES]}, got {score!r}.'
            )
        if sampling not in SAMPLINGS:
            raise ValueError(
                f'sampling must be one of {[*SAMPLINGS]}, got {sampling!r}.'
            )
        self.stride = stride
        self.order = order
        self.score = score
        self.sampling = sampling
        self.weight: Tensor | None
        weight = None
        if score == 'conv':
            # Only the order of the scores matters, never their scale.
            weight = torch.randn(1, 1, PATCH_SIZE, PATCH_SIZE)
        self.register_buffer('weight', weight)

    @torch.no_grad()
    def scores(self, x: Tensor) -> Tensor:
        """Score the patches of images ``(B, C, H, W)``: ``(B, N)``, float32.

        Raises:
            ValueError: If the sides are not multiples of 16.
        """
        patch_grid(x)
        # bfloat16 keeps 8 bits: neighbours in the order would change places.
        with torch.autocast(x.device.type, enabled=False):
            pixels = _patch_pixels(x.float())
            if self.score == 'conv':
                return pixels @ self.weight.flatten()  # (B, N)
            return SCORES[self.score](pixels)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Choose the visible patches of each image.

        Args:
            x (Tensor): Images ``(B, C, H, W)``, sides multiples of 16.

        Returns:
            tuple[Tensor, Tensor]: Visible ids ``(B, N_v)`` with
            ``N_v = ceil(N / S)``, and masked ids ``(B, N - N_v)``, int64.
        """
        sample = SAMPLINGS[self.sampling]
        return sample(self.scores(x), self.stride, self.order == 'descending')


@MODELS.register_module()
class RandomMasking(nn.Module):
    """Random masking, as in MAE.

    Args:
        mask_ratio (float): Fraction of masked patches, in (0, 1).

    Raises:
        ValueError: If ``mask_ratio`` is out of range.
    """

    def __init__(self, mask_ratio: float = 0.75) -> None:
        super().__init__()
        if not 0 < mask_ratio < 1:
            raise ValueError(
                f'mask_ratio must be between 0 and 1, got {mask_ratio}.'
            )
        self.mask_ratio = mask_ratio

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Choose the visible patches of each image at random.

        Args:
            x (Tensor): Images ``(B, C, H, W)``, sides multiples of 16.

        Returns:
            tuple[Tensor, Tensor]: Visible ids ``(B, N_v)`` with
            ``N_v = int(N * (1 - mask_ratio))`` but at least 1, and masked
            ids ``(B, N - N_v)``, int64.
        """
        rows, columns = patch_grid(x)
        noise = torch.rand(len(x), rows * columns, device=x.device)
        order = noise.argsort(dim=1)
        num_visible = max(1, int(rows * columns * (1 - self.mask_ratio)))
        return order[:, :num_visible], order[:, num_visible:]
