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

PATCH_SIZE = 16


def patch_grid(x: Tensor) -> tuple[int, int]:
    """Rows and columns of 16x16 patches in images ``(B, C, H, W)``.

    Raises:
        ValueError: If the height or the width is not a multiple of 16.
    """
    height, width = x.shape[-2:]
    if height % PATCH_SIZE or width % PATCH_SIZE:
        raise ValueError(
            f'Pre-training needs images whose sides are multiples of '
            f'{PATCH_SIZE}, got {height}x{width} (height x width). Set the '
            'size of the crop in the data pipeline accordingly.'
        )
    return height // PATCH_SIZE, width // PATCH_SIZE


def sum_filters(state_dict: dict, key: str, in_channels: int) -> None:
    """Let the filters of a 3-channel checkpoint serve one channel, in place.

    A grey image repeats one channel, so that the sum of the three filters
    gives the output of the three.

    Args:
        state_dict (dict): The state dict that is being loaded.
        key (str): Name of filters ``(C_out, C_in, k, k)``.
        in_channels (int): Input channels of the model that loads it.
    """
    if in_channels == 1 and key in state_dict:
        state_dict[key] = state_dict[key].sum(dim=1, keepdim=True)


def take_patches(x: Tensor, ids: Tensor) -> Tensor:
    """Cut patches out of images.

    Args:
        x (Tensor): Images ``(B, C, H, W)``; a channel-expanded view is not
            copied.
        ids (Tensor): Patch ids ``(B, M)``, int64.

    Returns:
        Tensor: Patches ``(B, M, C, 16, 16)``.
    """
    rows, columns = patch_grid(x)
    p = PATCH_SIZE
    x = x.view(*x.shape[:2], rows, p, columns, p)
    batch = torch.arange(len(x), device=x.device)[:, None]
    return x[batch, :, ids // columns, :, ids % columns]


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
    position = torch.arange(order.shape[1], device=order.device)
    visible = position % stride == 0
    return order[:, visible], order[:, ~visible]


class VisiblePatches:
    """Moves features between visible patches and the map they lie on.

    Args:
        ids (Tensor): Ids of the visible patches, ``(B, N_v)``, int64, without
            repetition in a row.
        grid (tuple[int, int]): Rows and columns of the grid of patches.
    """

    def __init__(self, ids: Tensor, grid: tuple[int, int]) -> None:
        self.ids = ids
        self.grid = grid
        self._positions: dict[int, Tensor] = {}

    def positions(self, size: int) -> Tensor:
        """Flat positions, in a batch of maps, of the pixels of the patches.

        Args:
            size (int): Side of a patch on the map, in pixels of the map.

        Returns:
            Tensor: ``(B * N_v * size * size)``, int64.
        """
        if size not in self._positions:
            rows, columns = self.grid
            step = torch.arange(size, device=self.ids.device)
            top = (self.ids // columns * size)[..., None] + step
            left = (self.ids % columns * size)[..., None] + step
            image = torch.arange(len(self.ids), device=self.ids.device)
            top = top + image[:, None, None] * rows * size
            flat = top[..., None] * columns * size + left[:, :, None]
            self._positions[size] = flat.flatten()  # (B * N_v * size * size)
        return self._positions[size]

    def put(self, x: Tensor) -> Tensor:
        """Lay patches on a map that is zero elsewhere.

        Args:
            x (Tensor): Patches ``(B, N_v, p, p, C)``.

        Returns:
            Tensor: Maps ``(B, rows * p, columns * p, C)``.
        """
        b, _, size, _, c = x.shape
        height, width = (side * size for side in self.grid)
        x = _Put.apply(
            x.flatten(0, 3), self.positions(size), b * height * width
        )
        return x.view(b, height, width, c)  # (B, rows * p, columns * p, C)

    def take(self, x: Tensor) -> Tensor:
        """Cut the patches out of a map: the inverse of :meth:`put`.

        Args:
            x (Tensor): Maps ``(B, rows * p, columns * p, C)``.

        Returns:
            Tensor: Patches ``(B, N_v, p, p, C)``.
        """
        b, height, _, c = x.shape
        size = height // self.grid[0]
        x = _Take.apply(x.reshape(-1, c), self.positions(size))
        return x.view(b, -1, size, size, c)  # (B, N_v, p, p, C)


# Each row is moved once, so that gradients are moved too, never summed. The
# gradients that torch derives for indexing would sum them, which is slow.
class _Put(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, index: Tensor, length: int) -> Tensor:
        ctx.save_for_backward(index)
        return x.new_zeros(length, x.shape[1]).index_copy_(0, index, x)

    @staticmethod
    def backward(ctx, grad: Tensor):
        (index,) = ctx.saved_tensors
        return grad.index_select(0, index), None, None


class _Take(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, index: Tensor) -> Tensor:
        ctx.save_for_backward(index)
        ctx.length = len(x)
        return x.index_select(0, index)

    @staticmethod
    def backward(ctx, grad: Tensor):
        (index,) = ctx.saved_tensors
        zeros = grad.new_zeros(ctx.length, grad.shape[1])
        return zeros.index_copy_(0, index, grad), None


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

    Raises:
        ValueError: If an argument is not one of the above.
    """

    def __init__(
        self,
        stride: int = 4,
        order: str = 'descending',
        score: str = 'conv',
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
        self.stride = stride
        self.order = order
        self.score = score
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
        return strided_ids(
            self.scores(x), self.stride, self.order == 'descending'
        )


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
