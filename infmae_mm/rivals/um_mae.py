"""UM-MAE's pyramid transformer as a four-scale backbone (arXiv 2205.10063).

Written from a description of the network; nothing is copied from its code.
"""

from collections.abc import Sequence
from typing import Any

import torch.nn as nn
from mmengine.registry import MODELS
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ..checkpoint import StrictInit
from ..layers import PatchConv, init_as_linear
from ..position import (
    grid_of_table,
    resize_position_embedding,
    sincos_position_embedding,
)
from ..sizes import ceil_div, crop, pad_to_multiple
from .pyramid import PyramidBlock

EMBED_STRIDE = 4
STRIDE = 32
ARCHS: dict[str, dict[str, tuple[int, ...]]] = {
    'tiny': dict(
        embed_dims=(16, 32, 48, 64),
        depths=(1, 1, 1, 1),
        num_heads=(1, 2, 3, 4),
        mlp_ratios=(4, 4, 4, 4),
    ),
    # PVT-S of the paper
    'small': dict(
        embed_dims=(64, 128, 320, 512),
        depths=(3, 4, 6, 3),
        num_heads=(1, 2, 5, 8),
        mlp_ratios=(8, 8, 4, 4),
    ),
}


@MODELS.register_module()
class UMMAE(StrictInit):
    """The pyramid transformer that UM-MAE pre-trains.

    Four transformer stages at strides 4, 8, 16 and 32. Any input size works:
    the input is padded inside to a multiple of 32, and a map of stride s has
    ``ceil(H / s)`` rows and ``ceil(W / s)`` columns. The position embedding is
    learnt, and interpolated to the grid of the input.

    The published fine-tuning puts a 1x1 convolution to 768 channels behind
    each map. Here heads take the maps as they are, like those of InfMAE.

    Args:
        arch (str | dict): 'small', the PVT-S of the paper, 'tiny', or a dict
            of ``embed_dims``, ``depths``, ``num_heads`` and ``mlp_ratios``,
            four each. Defaults to 'small'.
        img_size (int): Side of the images on whose grid the position
            embedding is defined. A checkpoint of another grid is
            interpolated. Defaults to 256.
        in_channels (int): 1 or 3. A 3-channel checkpoint loads into one
            channel. Defaults to 3.
        out_indices (Sequence[int]): Maps to return: 0 to 3.
        drop_path_rate (float): Stochastic depth rate of the last block.
        reductions (Sequence[int]): Side of the windows over which keys and
            values are averaged, of each stage. Defaults to (8, 4, 2, 1), as
            in fine-tuning.
        with_cp (bool): Whether to recompute blocks in the backward pass.
        init_cfg (dict | list[dict], optional): ``dict(type='Pretrained',
            checkpoint=...)`` takes a pre-training checkpoint of this project,
            and fails when it does not match.

    Attributes:
        out_channels (tuple[int, ...]): Channels of the returned maps.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        arch: str | dict = 'small',
        img_size: int = 256,
        in_channels: int = 3,
        out_indices: Sequence[int] = (0, 1, 2, 3),
        drop_path_rate: float = 0.0,
        reductions: Sequence[int] = (8, 4, 2, 1),
        with_cp: bool = False,
        init_cfg: Any | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        arch = _parse_arch(arch)
        if in_channels not in (1, 3):
            raise ValueError(f'in_channels must be 1 or 3, got {in_channels}.')
        if not out_indices or set(out_indices) - {0, 1, 2, 3}:
            raise ValueError(
                'out_indices must be some of 0, 1, 2 and 3, got '
                f'{tuple(out_indices)}.'
            )
        dims, depths = arch['embed_dims'], arch['depths']
        self.in_channels = in_channels
        self.out_indices = tuple(out_indices)
        self.out_channels = tuple(dims[i] for i in out_indices)
        self.with_cp = with_cp
        self.depths = tuple(depths)
        side = ceil_div(img_size, STRIDE) * STRIDE // EMBED_STRIDE
        self.grid = (side, side)

        total = sum(depths)
        rates = (drop_path_rate * i / max(total - 1, 1) for i in range(total))
        self.patch_embeds = nn.ModuleList(
            PatchConv(a, b, EMBED_STRIDE if i == 0 else 2)
            for i, (a, b) in enumerate(
                zip((in_channels, *dims), dims, strict=False)
            )
        )
        self.stages = nn.ModuleList(
            nn.ModuleList(
                PyramidBlock(
                    dims[i],
                    arch['num_heads'][i],
                    arch['mlp_ratios'][i],
                    reductions[i],
                    next(rates),
                )
                for _ in range(depths[i])
            )
            for i in range(4)
        )
        self.norm = nn.LayerNorm(dims[3], eps=1e-6)
        self.pos_embed = nn.Parameter(
            sincos_position_embedding(self.grid, dims[0])
        )
        init_as_linear(self)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Extract feature maps.

        Args:
            x (Tensor): Images ``(B, in_channels, H, W)``, float.

        Returns:
            tuple[Tensor, ...]: The maps of ``out_indices``; that of index i
            and stride ``s = 4 * 2 ** i`` is ``(B, C_i, ceil(H / s),
            ceil(W / s))``.

        Raises:
            ValueError: If ``x`` is no batch of images of that many channels.
        """
        if x.ndim != 4 or x.shape[1] != self.in_channels:
            raise ValueError(
                f'{type(self).__name__}(in_channels={self.in_channels}) takes '
                f'images (B, {self.in_channels}, H, W), got {tuple(x.shape)}.'
            )
        height, width = x.shape[-2:]
        x = pad_to_multiple(x, STRIDE)
        x = self.patch_embeds[0](x.permute(0, 2, 3, 1))  # (B, H, W, C)
        maps = self.run_stages(x + self.positions(tuple(x.shape[1:3])))
        outputs = []
        for i in self.out_indices:
            stride = EMBED_STRIDE * 2**i
            # What is nothing but padding is cut off.
            rows, columns = ceil_div(height, stride), ceil_div(width, stride)
            found = crop(maps[i], rows, columns)
            outputs.append(found.permute(0, 3, 1, 2).contiguous())
        return tuple(outputs)

    def run_stages(self, x: Tensor) -> list[Tensor]:
        """Run the stages on embedded tokens with positions.

        Args:
            x (Tensor): ``(B, H, W, C_0)``; H and W are multiples of 8.

        Returns:
            list[Tensor]: Maps ``(B, H / 2 ** i, W / 2 ** i, C_i)``.
        """
        maps = []
        for i, stage in enumerate(self.stages):
            if i:
                x = self.patch_embeds[i](x)
            for block in stage:
                if self.with_cp and self.training:
                    x = checkpoint(block, x, use_reentrant=False)
                else:
                    x = block(x)
            maps.append(x)
        maps[-1] = self.norm(maps[-1])
        return maps

    def positions(self, grid: tuple[int, int]) -> Tensor:
        """The position embedding of a grid: ``(1, rows, columns, C)``."""
        table = resize_position_embedding(self.pos_embed, self.grid, grid)
        return table.unflatten(1, grid)

    def get_layer_depth(
        self, param_name: str, prefix: str = ''
    ) -> tuple[int, int]:
        """The layer of a parameter, for layer-wise learning rate decay.

        Layer 0 is the first embedding, each block is a layer, and the
        embedding of a later stage belongs to its first block.

        Args:
            param_name (str): Name of the parameter in the whole model.
            prefix (str): What the names of the backbone begin with there.

        Returns:
            tuple[int, int]: The layer, and the number of layers.
        """
        layers = sum(self.depths) + 2
        if not param_name.startswith(prefix):
            return layers - 1, layers
        part, *rest = param_name.removeprefix(prefix).split('.')
        if part == 'stages':
            stage, block = int(rest[0]), int(rest[1])
            return sum(self.depths[:stage]) + block + 1, layers
        if part == 'patch_embeds':
            stage = int(rest[0])
            return (sum(self.depths[:stage]) + 1) * (stage > 0), layers
        return (layers - 1 if part == 'norm' else 0), layers

    def _load_from_state_dict(self, state_dict, prefix, *args) -> None:
        """Interpolate a position embedding of another grid to ours.

        The parameter stays the one that an optimizer may hold already.
        """
        key = prefix + 'pos_embed'
        if key in state_dict:
            table = state_dict[key]
            grid = grid_of_table(table, self.grid, key)
            state_dict[key] = resize_position_embedding(table, grid, self.grid)
        super()._load_from_state_dict(state_dict, prefix, *args)


def _parse_arch(arch: str | dict) -> dict[str, tuple[int, ...]]:
    if isinstance(arch, str):
        if arch not in ARCHS:
            raise ValueError(f'arch must be one of {[*ARCHS]}, got {arch!r}.')
        arch = ARCHS[arch]
    keys = set(ARCHS['small'])
    if set(arch) != keys or any(len(arch[key]) != 4 for key in keys):
        raise ValueError(
            f'An arch dict has the keys {sorted(keys)}, each with four '
            f'numbers, one for each stage; got {dict(arch)}.'
        )
    return arch
