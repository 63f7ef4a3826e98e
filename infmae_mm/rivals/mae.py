"""The ViT of MAE, for all three tasks, and its pre-training.

The network is mmpretrain's ``VisionTransformer``. The four maps that heads
and necks want come from four of its blocks and upstream's neck, in a config:

    backbone=dict(type='ViTMAE', init_cfg=dict(type='Pretrained', ...)),
    neck=dict(type='Feature2Pyramid', embed_dim=768, rescales=[4, 2, 1, 0.5])

mmseg's own ``MAE`` takes images of one size and has relative positions that
no MAE was trained with; mmdet has no ViT.
"""

import re
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn as nn
from mmengine.registry import MODELS as ROOT_MODELS
from mmpretrain.models import VisionTransformer
from mmpretrain.registry import MODELS
from torch import Tensor

from ..checkpoint import StrictInit
from ..checkpoint.names import StateDict
from ..layers import sum_filters
from ..patches import PATCH_SIZE, image_grid, patch_grid, take_patches
from ..position import resize_position_embedding, sincos_position_embedding
from ..pretrain.decoder import InfMAEPretrainDecoder

PUBLISHED = (
    (r'^patch_embed\.proj\.', 'patch_embed.projection.'),
    (r'^norm\.', 'ln1.'),
    (r'^blocks\.(\d+)\.norm', r'layers.\1.ln'),
    (r'^blocks\.(\d+)\.mlp\.fc1', r'layers.\1.ffn.layers.0.0'),
    (r'^blocks\.(\d+)\.mlp\.fc2', r'layers.\1.ffn.layers.1'),
    (r'^blocks\.', 'layers.'),
)
"""Names in the published files of MAE, and in mmpretrain."""


def from_published(state_dict: StateDict) -> StateDict:
    """Rename the weights of MAE's authors to mmpretrain's names.

    Args:
        state_dict (dict[str, Tensor]): A published file, with or without the
            decoder, or any other state dict, which is left as it is.

    Returns:
        dict[str, Tensor]: The encoder's weights, without a prefix.
    """
    if 'blocks.0.attn.qkv.weight' not in state_dict:
        return state_dict
    renamed = {}
    for name, value in state_dict.items():
        if name.startswith(('decoder_', 'mask_token')):
            continue
        for pattern, to in PUBLISHED:
            name = re.sub(pattern, to, name)
        renamed[name] = value
    return renamed


@ROOT_MODELS.register_module()
class ViTMAE(StrictInit, VisionTransformer):
    """The ViT of MAE as a backbone of maps of stride 16.

    Any input size works: it is padded inside to a multiple of 16, and the
    position embedding, which fine-tuning learns, is interpolated.

    Args:
        arch (str | dict): Of mmpretrain's ``VisionTransformer``: 'base',
            'large', or a dict of ``embed_dims``, ``num_layers``,
            ``num_heads`` and ``feedforward_channels``. Defaults to 'base'.
        img_size (int | tuple[int, int]): Height and width on whose grid the
            position embedding is defined. A checkpoint of another grid is
            interpolated. Defaults to 224.
        in_channels (int): 1 or 3. A 3-channel checkpoint loads into one
            channel. Defaults to 3.
        out_indices (Sequence[int]): Blocks whose maps are returned. Defaults
            to (3, 5, 7, 11), as in MAE's segmentation.
        drop_path_rate (float): Stochastic depth rate of the last block.
        final_norm (bool): Whether a norm follows the last block. Defaults to
            False, as in MAE's fine-tuning.
        init_cfg (dict | list[dict], optional): ``dict(type='Pretrained',
            checkpoint=...)`` takes a pre-training checkpoint of this project
            or of mmpretrain, or a file of MAE's authors, and fails when it
            does not match.
    """

    def __init__(
        self,
        arch: str | dict = 'base',
        img_size: int | tuple[int, int] = 224,
        in_channels: int = 3,
        out_indices: Sequence[int] = (3, 5, 7, 11),
        drop_path_rate: float = 0.0,
        final_norm: bool = False,
        init_cfg: Any | None = None,
    ) -> None:
        if in_channels not in (1, 3):
            raise ValueError(f'in_channels must be 1 or 3, got {in_channels}.')
        if sorted(set(out_indices)) != list(out_indices):
            # mmpretrain returns a map once, however often it is asked for.
            raise ValueError(
                f'out_indices must ascend, got {tuple(out_indices)}.'
            )
        super().__init__(
            arch=arch,
            img_size=img_size,
            patch_size=PATCH_SIZE,
            in_channels=in_channels,
            out_indices=list(out_indices),
            drop_path_rate=drop_path_rate,
            final_norm=final_norm,
            out_type='featmap',
            init_cfg=init_cfg,
        )
        self.in_channels = in_channels
        self.grid = image_grid(img_size)

    def init_afresh(self) -> None:
        """Initialise as MAE does: Xavier, and sin-cos positions."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        filters = self.patch_embed.projection.weight.detach()
        nn.init.xavier_uniform_(filters.flatten(1))
        nn.init.normal_(self.cls_token, std=0.02)
        table = sincos_position_embedding(self.grid, self.embed_dims)
        cls_position = table.new_zeros(1, 1, self.embed_dims)
        with torch.no_grad():
            self.pos_embed.copy_(torch.cat([cls_position, table], dim=1))

    def rename_published(self, state_dict: StateDict) -> StateDict:
        """See :func:`from_published`."""
        return from_published(state_dict)

    def _load_from_state_dict(self, state_dict, prefix, *args) -> None:
        """Sum the filters of a 3-channel checkpoint for one channel."""
        key = f'{prefix}patch_embed.projection.weight'
        sum_filters(state_dict, key, self.in_channels)
        super()._load_from_state_dict(state_dict, prefix, *args)


@MODELS.register_module()
class ViTMAEPretrainEncoder(ViTMAE):
    """Encodes visible patches as MAE does, whichever they are.

    With ``RandomMasking`` it is MAE; with ``InformationAwareMasking`` it is
    the row of table 4 of the InfMAE paper that has the masking without the
    multi-scale encoder. The algorithm is :class:`InfMAEPretrainer`.

    Args:
        masking (dict | nn.Module): Masking strategy.
        arch (str | dict): See :class:`ViTMAE`.
        img_size (int | tuple[int, int]): Height and width of the crops.
        in_channels (int): 1 or 3.
        init_cfg (dict | list[dict], optional): As in :class:`ViTMAE`.
    """

    def __init__(
        self,
        masking: dict | nn.Module,
        arch: str | dict = 'base',
        img_size: int | tuple[int, int] = 224,
        in_channels: int = 3,
        init_cfg: Any | None = None,
    ) -> None:
        super().__init__(
            arch=arch,
            img_size=img_size,
            in_channels=in_channels,
            out_indices=(-1,),
            final_norm=True,
            init_cfg=init_cfg,
        )
        self.masking = (
            MODELS.build(masking) if isinstance(masking, dict) else masking
        )
        # Learnt in fine-tuning only.
        self.pos_embed.requires_grad_(False)

    def forward(self, x: Tensor, masked: bool = True) -> tuple[Tensor, ...]:
        """Encode the visible patches, or the whole image.

        Args:
            x (Tensor): Normalised images ``(B, C, H, W)``; H and W are
                multiples of 16 where ``masked``.
            masked (bool): If False, return the last map of the backbone.

        Returns:
            tuple[Tensor, ...]: The latent ``(B, 1 + N_v, C)``, of which the
            first token is the class token and the others are in the order of
            the visible ids; visible ids ``(B, N_v)`` and masked ids
            ``(B, N - N_v)``, int64.
        """
        if not masked:
            return super().forward(x)
        visible_ids, masked_ids = self.masking(x)
        patches = take_patches(x, visible_ids).flatten(0, 1)
        tokens = self.patch_embed.projection(patches)  # (B * N_v, C, 1, 1)
        tokens = tokens.view(*visible_ids.shape, -1)  # (B, N_v, C)
        table = resize_position_embedding(
            self.pos_embed[:, 1:], self.grid, patch_grid(x)
        )
        tokens = tokens + table[0][visible_ids]
        cls_token = self.cls_token + self.pos_embed[:, :1]
        x = torch.cat([cls_token.expand(len(x), -1, -1), tokens], dim=1)
        for layer in self.layers:
            x = layer(x)
        return self.ln1(x), visible_ids, masked_ids


@MODELS.register_module()
class ViTMAEPretrainDecoder(InfMAEPretrainDecoder):
    """MAE's decoder: that of InfMAE with a class token in front.

    The arguments are those of :class:`InfMAEPretrainDecoder`; MAE has
    ``decoder_depth=8``.
    """

    def forward(
        self, latent: Tensor, visible_ids: Tensor, grid: tuple[int, int]
    ) -> Tensor:
        """Predict all patches.

        Args:
            latent (Tensor): The class token, then visible tokens
                ``(B, 1 + N_v, C)``.
            visible_ids (Tensor): Their places on the grid, ``(B, N_v)``.
            grid (tuple[int, int]): Rows and columns, ``N`` in all.

        Returns:
            Tensor: ``(B, N, 16 * 16 * in_channels)``.
        """
        x = self.decoder_embed(latent)  # (B, 1 + N_v, D)
        patches = self.fill(x[:, 1:], visible_ids, grid)
        # The position of the class token is zero.
        return self.predict(torch.cat([x[:, :1], patches], dim=1))[:, 1:]
