"""The encoder in pre-training: the same stages, visible patches only."""

from typing import Any

import torch.nn as nn
from mmpretrain.registry import MODELS
from torch import Tensor

from ..backbone import InfMAE
from ..layers import PatchConv, init_as_linear
from ..patches import VisiblePatches, patch_grid, take_patches


@MODELS.register_module()
class InfMAEPretrainEncoder(InfMAE):
    """Encodes the visible patches of an image (paper section 4.2).

    Masked positions never reach a visible token: they are zero to the
    depth-wise convolutions, and all else is point-wise or inside one 16x16
    patch. So only visible patches are computed, with the loss and the
    gradients of the dense masked form.

    Args:
        masking (dict | nn.Module): Masking strategy, such as
            ``dict(type='InformationAwareMasking', stride=4)``.
        arch (str | dict): See :class:`infmae_mm.InfMAE`.
        img_size (int | tuple[int, int]): Height and width of the crops.
        in_channels (int): 1 or 3.
        drop_path_rate (float): Stochastic depth rate of the last block.
        with_cp (bool): Whether to recompute blocks in the backward pass.
        init_cfg (dict | list[dict], optional): As in
            :class:`infmae_mm.InfMAE`.
    """

    def __init__(
        self,
        masking: dict | nn.Module,
        arch: str | dict = 'base',
        img_size: int | tuple[int, int] = 224,
        in_channels: int = 3,
        drop_path_rate: float = 0.0,
        with_cp: bool = False,
        init_cfg: Any | None = None,
    ) -> None:
        super().__init__(
            arch=arch,
            img_size=img_size,
            in_channels=in_channels,
            out_indices=(0, 1, 2),
            drop_path_rate=drop_path_rate,
            with_cp=with_cp,
            init_cfg=init_cfg,
        )
        if isinstance(masking, dict):
            masking = MODELS.build(masking)
        self.masking = masking
        dims = self.embed_dims
        self.stage1_output_decode = PatchConv(dims[0], dims[2], 4)
        self.stage2_output_decode = PatchConv(dims[1], dims[2], 2)
        self.norm = nn.LayerNorm(dims[2], eps=1e-6)
        init_as_linear(self.stage1_output_decode)
        init_as_linear(self.stage2_output_decode)

    def forward(self, x: Tensor, masked: bool = True) -> tuple[Tensor, ...]:
        """Encode the visible patches, or the whole image.

        Args:
            x (Tensor): Normalised images ``(B, C, H, W)``; H and W are
                multiples of 16 where ``masked``.
            masked (bool): If False, return the backbone's three maps.

        Returns:
            tuple[Tensor, ...]: The latent ``norm(T_s + T_1 + T_2)``
            ``(B, N_v, C)`` in the order of the visible ids, visible ids
            ``(B, N_v)`` and masked ids ``(B, N - N_v)``, int64.

        Raises:
            ValueError: If a side is not a multiple of 16.
        """
        if not masked:
            return super().forward(x)
        visible_ids, masked_ids = self.masking(x)
        visible = VisiblePatches(visible_ids, patch_grid(x))
        patches = take_patches(x, visible_ids)  # (B, N_v, C, 16, 16)
        latent = self.encode(patches.permute(0, 1, 3, 4, 2), visible)
        return latent.flatten(1, 3), visible_ids, masked_ids

    def encode(self, x: Tensor, visible: VisiblePatches) -> Tensor:
        """Run the stages and add up their tokens.

        Args:
            x (Tensor): Visible patches ``(B, N_v, 16, 16, C)``.
            visible (VisiblePatches): Where they lie.

        Returns:
            Tensor: The latent, ``(B, N_v, 1, 1, C)``.
        """
        f1 = self.forward_stage(0, x, visible)  # (B, N_v, 4, 4, C_1)
        f2 = self.forward_stage(1, f1, visible)  # (B, N_v, 2, 2, C_2)
        tokens = self.forward_stage(2, f2, visible)  # (B, N_v, 1, 1, C_3)
        tokens = tokens + self.stage1_output_decode(f1)
        return self.norm(tokens + self.stage2_output_decode(f2))
