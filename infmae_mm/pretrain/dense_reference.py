"""The dense masked form of pre-training, as a reference.

It computes every position of stages 1 and 2 and zeroes the masked ones in
front of the depth-wise convolutions, as the paper describes it. It serves
tests and benchmarks: training uses :class:`InfMAEPretrainEncoder`.
"""

from torch import Tensor

from ..layers import DepthwiseConv
from ..masking import mask_from_ids, mask_template
from ..patches import patch_grid
from .encoder import InfMAEPretrainEncoder


class DenseMask:
    """Stands in for :class:`VisiblePatches` in a :class:`ConvBlock`.

    Args:
        visible (Tensor): ``(B, H, W, 1)``, 1 where visible, 0 where masked.
    """

    def __init__(self, visible: Tensor) -> None:
        self.visible = visible

    def convolve(self, x: Tensor, conv: DepthwiseConv) -> Tensor:
        """Zero the masked positions of maps ``(B, H, W, C)``, and convolve."""
        return conv(x * self.visible)


class DenseReferenceEncoder(InfMAEPretrainEncoder):
    """The encoder with the same weights and the dense masked stages."""

    def forward(self, x: Tensor, masked: bool = True) -> tuple[Tensor, ...]:
        """See :meth:`InfMAEPretrainEncoder.forward`."""
        if not masked:
            return super().forward(x, masked)
        visible_ids, masked_ids = self.masking(x)
        grid = patch_grid(x)
        mask = mask_from_ids(visible_ids, grid[0] * grid[1])
        masks = [
            DenseMask(1 - mask_template(mask, grid, scale)[..., None])
            for scale in (4, 2)
        ]
        x = x.permute(0, 2, 3, 1)  # (B, H, W, C)
        f1 = self.forward_stage(0, x, masks[0])  # (B, H / 4, W / 4, C_1)
        f2 = self.forward_stage(1, f1, masks[1])  # (B, H / 8, W / 8, C_2)
        tokens = self.patch_embed4(self.patch_embed3(f2)).flatten(1, 2)
        visible = visible_ids[..., None].expand(-1, -1, tokens.shape[-1])
        tokens = (tokens + self.positions(grid)).gather(1, visible)
        for block in self.blocks3:
            tokens = block(tokens)
        for decode, f in (
            (self.stage1_output_decode, f1),
            (self.stage2_output_decode, f2),
        ):
            tokens = tokens + decode(f).flatten(1, 2).gather(1, visible)
        return self.norm(tokens), visible_ids, masked_ids  # (B, N_v, C)
