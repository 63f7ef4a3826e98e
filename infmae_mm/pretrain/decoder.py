"""The infrared decoder (paper section 4.2)."""

from typing import Any

import torch
import torch.nn as nn
from mmengine.model import BaseModule
from mmpretrain.registry import MODELS
from torch import Tensor

from ..layers import TransformerBlock, init_as_linear
from ..patches import PATCH_SIZE, image_grid
from ..position import (
    grid_of_table,
    resize_position_embedding,
    sincos_position_embedding,
)


@MODELS.register_module()
class InfMAEPretrainDecoder(BaseModule):
    """Predicts the pixels of every patch from the visible tokens.

    Args:
        in_channels (int): Channels of the images. Defaults to 3.
        embed_dims (int): Channels of the latent. Defaults to 768.
        decoder_embed_dims (int): Channels inside. Defaults to 512.
        decoder_depth (int): Transformer blocks; the paper tries 2, 4, 8 and
            12. Defaults to 2.
        decoder_num_heads (int): Attention heads. The paper says 12, which
            does not divide 512; the authors' code has 16. Defaults to 16.
        img_size (int | tuple[int, int]): Height and width on whose grid the
            position embedding is defined; other grids interpolate.
        init_cfg (dict | list[dict], optional): Initialisation of mmengine.
    """

    def __init__(
        self,
        in_channels: int = 3,
        embed_dims: int = 768,
        decoder_embed_dims: int = 512,
        decoder_depth: int = 2,
        decoder_num_heads: int = 16,
        img_size: int | tuple[int, int] = 224,
        init_cfg: Any | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.in_channels = in_channels
        self.grid = image_grid(img_size)
        dims = decoder_embed_dims
        self.decoder_embed = nn.Linear(embed_dims, dims)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, dims))
        self.register_buffer(
            'decoder_pos_embed', sincos_position_embedding(self.grid, dims)
        )
        self.decoder_blocks = nn.ModuleList(
            TransformerBlock(dims, decoder_num_heads, 4)
            for _ in range(decoder_depth)
        )
        self.decoder_norm = nn.LayerNorm(dims, eps=1e-6)
        self.decoder_pred = nn.Linear(dims, PATCH_SIZE**2 * in_channels)
        init_as_linear(self)
        nn.init.normal_(self.mask_token, std=0.02)

    def forward(
        self, latent: Tensor, visible_ids: Tensor, grid: tuple[int, int]
    ) -> Tensor:
        """Predict all patches.

        Args:
            latent (Tensor): Visible tokens ``(B, N_v, C)``.
            visible_ids (Tensor): Their places on the grid, ``(B, N_v)``.
            grid (tuple[int, int]): Rows and columns, ``N`` in all.

        Returns:
            Tensor: ``(B, N, 16 * 16 * in_channels)``, in the order row,
            column, channel.
        """
        x = self.decoder_embed(latent)  # (B, N_v, D)
        return self.predict(self.fill(x, visible_ids, grid))

    def fill(
        self, x: Tensor, visible_ids: Tensor, grid: tuple[int, int]
    ) -> Tensor:
        """Put mask tokens between visible ones, and add positions.

        Args:
            x (Tensor): Embedded visible tokens ``(B, N_v, D)``.
            visible_ids (Tensor): Their places on the grid, ``(B, N_v)``.
            grid (tuple[int, int]): Rows and columns, ``N`` in all.

        Returns:
            Tensor: ``(B, N, D)``.
        """
        b, _, d = x.shape
        tokens = self.mask_token.to(x.dtype).expand(b, grid[0] * grid[1], d)
        x = tokens.scatter(1, visible_ids[..., None].expand(-1, -1, d), x)
        return x + resize_position_embedding(
            self.decoder_pos_embed, self.grid, grid
        )

    def predict(self, x: Tensor) -> Tensor:
        """Pixels of tokens: ``(B, N, D)`` to ``(B, N, 256 * C)``."""
        for block in self.decoder_blocks:
            x = block(x)
        return self.decoder_pred(self.decoder_norm(x))

    def _load_from_state_dict(self, state_dict, prefix, *args) -> None:
        """Take another grid, and average the predictions for one channel."""
        key = prefix + 'decoder_pos_embed'
        if key in state_dict:
            self.grid = grid_of_table(state_dict[key], self.grid, key)
            self.decoder_pos_embed = self.decoder_pos_embed.new_empty(
                1, state_dict[key].shape[1], self.decoder_pos_embed.shape[2]
            )
        for name in ('decoder_pred.weight', 'decoder_pred.bias'):
            value = state_dict.get(prefix + name)
            rows = PATCH_SIZE**2
            if self.in_channels == 1 and value is not None:
                value = value.view(rows, -1, *value.shape[1:]).mean(dim=1)
                state_dict[prefix + name] = value
        super()._load_from_state_dict(state_dict, prefix, *args)
