"""Pre-training of UM-MAE (arXiv 2205.10063).

Uniform sampling leaves one patch of each 2x2 cell visible. Laid out cell by
cell, the visible patches are a dense image of half the size, which a pyramid
transformer takes as it is. The algorithm is :class:`InfMAEPretrainer`.

The published code gives the decoder's visible tokens the positions of the
grid, row by row, while they lie in the order of the cells. Here every token
gets its own position.
"""

from typing import Any

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmengine.registry import MODELS as ROOT_MODELS
from mmpretrain.registry import MODELS
from torch import Tensor

from ..layers import init_as_linear
from ..patches import PATCH_SIZE, patch_grid, take_patches
from ..pretrain.decoder import InfMAEPretrainDecoder
from .um_mae import EMBED_STRIDE, UMMAE

CELL = 2


@ROOT_MODELS.register_module()
class UniformMasking(nn.Module):
    """One visible patch in each cell of 2x2 patches.

    Which of the four it is comes from a shuffled pool that has each of them
    equally often, so that they are nearly balanced in every image.
    """

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Choose the visible patches of each image.

        Args:
            x (Tensor): Images ``(B, C, H, W)``, sides multiples of 32.

        Returns:
            tuple[Tensor, Tensor]: Visible ids ``(B, N / 4)``, in the order of
            the cells, row by row, and masked ids ``(B, 3 * N / 4)``, int64.

        Raises:
            ValueError: If cells do not cover the grid of patches.
        """
        rows, columns = patch_grid(x)
        if rows % CELL or columns % CELL:
            raise ValueError(
                'Uniform masking needs an even number of rows and columns of '
                f'patches, got {rows}x{columns}: crops whose sides are '
                f'multiples of {CELL * PATCH_SIZE}.'
            )
        device = x.device
        ids = torch.arange(rows * columns, device=device)
        cells = ids.view(rows // CELL, CELL, columns // CELL, CELL)
        cells = cells.transpose(1, 2).reshape(-1, CELL**2)  # (K, 4)
        k = len(cells)
        pool = torch.arange(CELL**2, device=device).repeat(-(-k // CELL))
        noise = torch.rand(len(x), len(pool), device=device)
        choice = pool[noise.argsort(dim=1)[:, :k]]  # (B, K)
        turn = torch.arange(CELL**2, device=device)
        order = (choice[..., None] + turn) % CELL**2  # (B, K, 4)
        cells = cells.expand(len(x), -1, -1).gather(2, order)
        return cells[..., 0], cells[..., 1:].flatten(1)


def lay_out(patches: Tensor, cells: tuple[int, int]) -> Tensor:
    """Lay the visible patches out as a dense map, cell by cell.

    Args:
        patches (Tensor): ``(B, K, p, p, C)``, in the order of the cells.
        cells (tuple[int, int]): Rows and columns of cells, K in all.

    Returns:
        Tensor: ``(B, rows * p, columns * p, C)``.
    """
    b, _, p, _, c = patches.shape
    x = patches.view(b, *cells, p, p, c).transpose(2, 3)
    return x.reshape(b, cells[0] * p, cells[1] * p, c)


@MODELS.register_module()
class UMMAEPretrainEncoder(UMMAE):
    """Encodes one patch of each cell, some of them hidden once more.

    Args:
        masking (dict | nn.Module): ``dict(type='UniformMasking')``.
        secondary_ratio (float): Share of the visible patches whose tokens
            are replaced by a learnt one; positions stay. Defaults to 0.25.
        arch (str | dict): See :class:`UMMAE`.
        img_size (int): Side of the crops, a multiple of 64.
        in_channels (int): 1 or 3.
        drop_path_rate (float): Stochastic depth rate of the last block.
        with_cp (bool): Whether to recompute blocks in the backward pass.
        init_cfg (dict | list[dict], optional): As in :class:`UMMAE`.

    Raises:
        ValueError: If ``secondary_ratio`` is not in [0, 1).
    """

    def __init__(
        self,
        masking: dict | nn.Module,
        secondary_ratio: float = 0.25,
        arch: str | dict = 'small',
        img_size: int = 256,
        in_channels: int = 3,
        drop_path_rate: float = 0.0,
        with_cp: bool = False,
        init_cfg: Any | None = None,
    ) -> None:
        super().__init__(
            arch=arch,
            img_size=img_size,
            in_channels=in_channels,
            drop_path_rate=drop_path_rate,
            # A map of half the size is averaged over half as much.
            reductions=(4, 2, 1, 1),
            with_cp=with_cp,
            init_cfg=init_cfg,
        )
        if not 0 <= secondary_ratio < 1:
            raise ValueError(
                'secondary_ratio must be 0 or more and less than 1, got '
                f'{secondary_ratio}.'
            )
        self.masking = (
            MODELS.build(masking) if isinstance(masking, dict) else masking
        )
        self.secondary_ratio = secondary_ratio
        self.mask_token = nn.Parameter(torch.zeros(self.pos_embed.shape[-1]))
        nn.init.normal_(self.mask_token, std=0.02)
        # Learnt in fine-tuning only.
        self.pos_embed.requires_grad_(False)

    def forward(self, x: Tensor, masked: bool = True) -> tuple[Tensor, ...]:
        """Encode the visible patches, or the whole image.

        Args:
            x (Tensor): Normalised images ``(B, C, H, W)``; H and W are
                multiples of 64 where ``masked``.
            masked (bool): If False, return the maps of the backbone.

        Returns:
            tuple[Tensor, ...]: The last map ``(B, H / 64, W / 64, C)``, of
            which a token stands for 2x2 cells; visible ids ``(B, K)`` in the
            order of the cells, and masked ids ``(B, 3 * K)``, int64.

        Raises:
            ValueError: If a side is no multiple of 64.
        """
        if not masked:
            return super().forward(x)
        rows, columns = patch_grid(x)
        if rows % 4 or columns % 4:
            raise ValueError(
                f'UM-MAE needs crops whose sides are multiples of '
                f'{4 * PATCH_SIZE}, got {rows * PATCH_SIZE}x'
                f'{columns * PATCH_SIZE} (height x width).'
            )
        visible_ids, masked_ids = self.masking(x)
        cells = rows // CELL, columns // CELL
        patches = take_patches(x, visible_ids)  # (B, K, C, 16, 16)
        x = lay_out(patches.permute(0, 1, 3, 4, 2), cells)  # (B, H, W, C)
        x = self.patch_embeds[0](x)
        side = PATCH_SIZE // EMBED_STRIDE  # tokens of a patch on each side
        hidden = self.choose_hidden(visible_ids)  # (B, K)
        hidden = hidden[..., None, None, None].expand(-1, -1, side, side, 1)
        x = torch.where(lay_out(hidden, cells), self.mask_token.to(x.dtype), x)
        positions = self.visible_positions(visible_ids, (rows, columns))
        x = x + lay_out(positions, cells)
        return self.run_stages(x)[-1], visible_ids, masked_ids

    def choose_hidden(self, visible_ids: Tensor) -> Tensor:
        """The patches of the secondary mask: ``(B, K)``, bool."""
        b, k = visible_ids.shape
        noise = torch.rand(b, k, device=visible_ids.device)
        rank = noise.argsort(dim=1).argsort(dim=1)
        return rank < int(k * self.secondary_ratio)

    def visible_positions(
        self, visible_ids: Tensor, grid: tuple[int, int]
    ) -> Tensor:
        """Positions of the visible patches' tokens: ``(B, K, 4, 4, C)``."""
        side = PATCH_SIZE // EMBED_STRIDE
        rows, columns = grid
        table = self.positions((rows * side, columns * side))[0]
        table = table.view(rows, side, columns, side, -1).transpose(1, 2)
        return table.flatten(0, 1)[visible_ids]


class Unfold(nn.Linear):
    """A token of the last map becomes one for each of its 2x2 cells.

    Args:
        in_channels (int): Channels of the map.
        out_channels (int): Channels of the tokens.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, CELL**2 * out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, h, w, C_in)`` to ``(B, 4 * h * w, C)``, row by row."""
        x = super().forward(x).permute(0, 3, 1, 2)  # (B, 4 * C, h, w)
        return F.pixel_shuffle(x, CELL).flatten(2).transpose(1, 2)


@MODELS.register_module()
class UMMAEPretrainDecoder(InfMAEPretrainDecoder):
    """Predicts the pixels of every patch from the last map.

    Args:
        in_channels (int): Channels of the images. Defaults to 3.
        embed_dims (int): Channels of the last map. Defaults to 512.
        decoder_embed_dims (int): Channels inside. Defaults to 512.
        decoder_depth (int): Transformer blocks. Defaults to 2.
        decoder_num_heads (int): Attention heads. Defaults to 16.
        img_size (int | tuple[int, int]): Height and width on whose grid the
            position embedding is defined.
        init_cfg (dict | list[dict], optional): Initialisation of mmengine.
    """

    def __init__(
        self,
        in_channels: int = 3,
        embed_dims: int = 512,
        decoder_embed_dims: int = 512,
        decoder_depth: int = 2,
        decoder_num_heads: int = 16,
        img_size: int | tuple[int, int] = 256,
        init_cfg: Any | None = None,
    ) -> None:
        super().__init__(
            in_channels=in_channels,
            embed_dims=embed_dims,
            decoder_embed_dims=decoder_embed_dims,
            decoder_depth=decoder_depth,
            decoder_num_heads=decoder_num_heads,
            img_size=img_size,
            init_cfg=init_cfg,
        )
        self.decoder_embed = Unfold(embed_dims, decoder_embed_dims)
        init_as_linear(self.decoder_embed)
