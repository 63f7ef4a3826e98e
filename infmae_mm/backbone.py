"""InfMAE as a four-scale backbone (paper sections 4.2 and 4.3)."""

from collections.abc import Sequence
from typing import Any

import torch.nn as nn
from mmengine.registry import MODELS
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from .archs import parse_arch
from .checkpoint import StrictInit, published_img_size
from .layers import (
    ConvBlock,
    Downsample,
    PatchEmbed,
    TransformerBlock,
    init_as_linear,
)
from .patches import PATCH_SIZE, VisiblePatches, image_grid
from .position import (
    grid_of_table,
    resize_position_embedding,
    sincos_position_embedding,
)
from .sizes import ceil_div, crop, pad_to_multiple
from .windows import Windows, check_windows


@MODELS.register_module()
class InfMAE(StrictInit):
    """The multi-scale encoder of InfMAE.

    Two convolutional stages at strides 4 and 8, a transformer stage at stride
    16, and a strided convolution for stride 32. Any input size works: the
    input is padded inside to a multiple of 16, and a map of stride s has
    ``ceil(H / s)`` rows and ``ceil(W / s)`` columns.

    Args:
        arch (str | dict): 'tiny', 'mini', 'small', 'base' or 'large', or a
            dict of ``embed_dims`` (three), ``depths`` (three) and
            ``num_heads``. Defaults to 'base', the network of the paper.
        img_size (int | tuple[int, int], optional): Height and width on whose
            grid the sin-cos position embedding is defined. It is interpolated
            to the input's grid. A checkpoint brings its own grid; weights that
            are averaged (``EMAHook``) want it from the start. Defaults to
            that of a start of this package in ``init_cfg``, else to 224.
        in_channels (int): 1 or 3. A 3-channel checkpoint loads into one
            channel: the filters are summed. Defaults to 3.
        out_indices (Sequence[int]): Maps to return: 0 to 3 for strides 4, 8,
            16 and 32. Stages after the last of them are not built.
        drop_path_rate (float): Stochastic depth rate of the last block; it
            grows linearly from 0. Defaults to 0.
        frozen_stages (int): Stages 0 to ``frozen_stages`` get no gradient and
            stay in eval mode; -1 freezes none. Defaults to -1.
        with_cp (bool): Whether to recompute blocks in the backward pass to
            save memory. Defaults to False.
        window_size (int, optional): Attention of stage 3 stays inside windows
            of this many tokens (of 16 pixels) a side, which saves time on
            large images. It adds no parameter. Defaults to None:
            attention over the whole map.
        global_indices (Sequence[int]): Blocks of stage 3 that see the whole
            map all the same. MCMAE has 0, 3, 6 and 10 with windows of 16.
        init_cfg (dict | list[dict], optional): ``dict(type='Pretrained',
            checkpoint=...)`` takes a pre-training checkpoint, a backbone-only
            file or the authors' file, and fails when they do not match. A
            ``checkpoint`` of None leaves the random weights.

    Attributes:
        embed_dims (tuple[int, ...]): Channels of the three stages.
        num_heads (int): Attention heads of stage 3.
        out_channels (tuple[int, ...]): Channels of the returned maps.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        arch: str | dict = 'base',
        img_size: int | tuple[int, int] | None = None,
        in_channels: int = 3,
        out_indices: Sequence[int] = (0, 1, 2, 3),
        drop_path_rate: float = 0.0,
        frozen_stages: int = -1,
        with_cp: bool = False,
        window_size: int | None = None,
        global_indices: Sequence[int] = (),
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        dims, depths, num_heads = parse_arch(arch)
        if in_channels not in (1, 3):
            raise ValueError(f'in_channels must be 1 or 3, got {in_channels}.')
        known = {0, 1, 2, 3}.intersection(out_indices)
        if not known or len(known) < len(out_indices):
            raise ValueError(
                f'out_indices must be some of 0, 1, 2 and 3, each once; got '
                f'{tuple(out_indices)}.'
            )
        if not 0 <= drop_path_rate < 1:  # NaN is not within, either
            raise ValueError(
                'drop_path_rate must be from 0 to less than 1, got '
                f'{drop_path_rate}.'
            )
        if not -1 <= frozen_stages <= 3:
            raise ValueError(
                f'frozen_stages must be from -1 to 3, got {frozen_stages}.'
            )
        check_windows(window_size, global_indices, depths[2])
        if img_size is None:
            img_size = published_img_size(init_cfg) or 224
        self.grid = image_grid(img_size)
        self.in_channels = in_channels
        self.embed_dims = dims
        self.num_heads = num_heads
        self.out_indices = tuple(out_indices)
        self.out_channels = tuple((*dims, dims[2])[i] for i in out_indices)
        self.num_stages = max(out_indices) + 1
        self.frozen_stages = frozen_stages
        self.with_cp = with_cp
        self.window_size = window_size
        self.global_indices = tuple(global_indices)

        total = sum(depths[: self.num_stages])
        rates = (drop_path_rate * i / max(total - 1, 1) for i in range(total))
        self.patch_embed1 = PatchEmbed(in_channels, dims[0], patch_size=4)
        self.blocks1 = nn.ModuleList(
            ConvBlock(dims[0], 4, next(rates)) for _ in range(depths[0])
        )
        if self.num_stages > 1:
            self.patch_embed2 = PatchEmbed(dims[0], dims[1], patch_size=2)
            self.blocks2 = nn.ModuleList(
                ConvBlock(dims[1], 4, next(rates)) for _ in range(depths[1])
            )
        if self.num_stages > 2:
            self.patch_embed3 = PatchEmbed(dims[1], dims[2], patch_size=2)
            self.patch_embed4 = nn.Linear(dims[2], dims[2])
            self.blocks3 = nn.ModuleList(
                TransformerBlock(dims[2], num_heads, 4, next(rates))
                for _ in range(depths[2])
            )
            self.register_buffer(
                'pos_embed', sincos_position_embedding(self.grid, dims[2])
            )
        if self.num_stages > 3:
            self.downsample = Downsample(dims[2])
        init_as_linear(self)
        self._freeze()

    def train(self, mode: bool = True) -> 'InfMAE':
        """Set the training mode; frozen stages stay in eval mode."""
        super().train(mode)
        self._freeze()
        return self

    def _freeze(self) -> None:
        names = (
            ('patch_embed1', 'blocks1'),
            ('patch_embed2', 'blocks2'),
            ('patch_embed3', 'patch_embed4', 'blocks3'),
            ('downsample',),
        )
        for stage in names[: min(self.frozen_stages + 1, self.num_stages)]:
            for name in stage:
                getattr(self, name).eval().requires_grad_(False)

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
                f'InfMAE(in_channels={self.in_channels}) takes images '
                f'(B, {self.in_channels}, H, W), got {tuple(x.shape)}.'
            )
        height, width = x.shape[-2:]
        x = pad_to_multiple(x, PATCH_SIZE)
        x = x.permute(0, 2, 3, 1)  # (B, H, W, C)
        maps = []
        for stage in range(self.num_stages):
            x = self.forward_stage(stage, x)
            # Rows and columns that hold nothing but padding are cut off, so
            # that a map resized to the image lies right on it.
            stride = 4 * 2**stage
            rows, columns = ceil_div(height, stride), ceil_div(width, stride)
            maps.append(crop(x, rows, columns))
        # Some CUDA operators of mmcv read memory as (B, C, H, W) unasked.
        return tuple(
            maps[i].permute(0, 3, 1, 2).contiguous() for i in self.out_indices
        )

    def forward_stage(
        self,
        stage: int,
        x: Tensor,
        visible: VisiblePatches | None = None,
    ) -> Tensor:
        """Run one stage on a map or on its visible patches.

        Args:
            stage (int): 0 to 3.
            x (Tensor): Output of the stage before, ``(B, H, W, C)``; with
                ``visible``, patches ``(B, N_v, p, p, C)``.
            visible (VisiblePatches, optional): Where the patches lie.

        Returns:
            Tensor: Half the size on each side (a quarter for stage 0), in the
            form of the input.
        """
        if stage == 3:
            return self.downsample(x)
        if stage == 2:
            return self._transformer_stage(x, visible)
        if stage == 0:
            embed, blocks = self.patch_embed1, self.blocks1
        else:
            embed, blocks = self.patch_embed2, self.blocks2
        x = embed(x)
        for block in blocks:
            x = self._run(block, x, visible)
        return x

    def _transformer_stage(
        self, x: Tensor, visible: VisiblePatches | None
    ) -> Tensor:
        x = self.patch_embed4(self.patch_embed3(x))
        shape = x.shape  # (B, rows, columns, C) or (B, N_v, 1, 1, C)
        x = x.flatten(1, -2)  # (B, N, C)
        grid = shape[1:3] if visible is None else visible.grid
        positions = self.positions(tuple(grid))
        if visible is not None:
            positions = positions[0][visible.ids]  # (B, N_v, C)
        x = x + positions
        windows = None
        if self.window_size is not None:
            if visible is not None:
                raise ValueError(
                    'Windows need the whole map, not visible patches: '
                    'pre-training takes no window_size.'
                )
            windows = Windows(tuple(grid), self.window_size)
        for i, block in enumerate(self.blocks3):
            everywhere = i in self.global_indices
            x = self._run(block, x, None if everywhere else windows)
        return x.view(shape)

    def positions(self, grid: tuple[int, int]) -> Tensor:
        """The position embedding of a grid: ``(1, rows * columns, C)``."""
        return resize_position_embedding(self.pos_embed, self.grid, grid)

    def get_layer_depth(
        self, param_name: str, prefix: str = ''
    ) -> tuple[int, int]:
        """The layer of a parameter, for layer-wise learning rate decay.

        Layer 0 is all that comes before the blocks of stage 3, which are a
        layer each. What comes after them, in the backbone or not, is the last
        layer. Name and form are those which mmpretrain gives its backbones.

        Args:
            param_name (str): Name of the parameter in the whole model.
            prefix (str): What the names of the backbone begin with there.

        Returns:
            tuple[int, int]: The layer, and the number of layers.
        """
        depth = len(self.blocks3) if self.num_stages > 2 else 0
        part, _, rest = param_name.removeprefix(prefix).partition('.')
        if not param_name.startswith(prefix) or part == 'downsample':
            return depth + 1, depth + 2
        if part == 'blocks3':
            return int(rest.split('.')[0]) + 1, depth + 2
        return 0, depth + 2

    def _run(self, block: nn.Module, *args: Any) -> Tensor:
        if self.with_cp and self.training:
            return checkpoint(block, *args, use_reentrant=False)
        return block(*args)

    def _load_from_state_dict(self, state_dict, prefix, *args) -> None:
        """Take the position embedding on the checkpoint's own grid."""
        key = prefix + 'pos_embed'
        if key in state_dict and self.num_stages > 2:
            table = state_dict[key]
            self.grid = grid_of_table(table, self.grid, key)
            self.pos_embed = self.pos_embed.new_empty(
                1, table.shape[1], self.embed_dims[2]
            )
        super()._load_from_state_dict(state_dict, prefix, *args)
