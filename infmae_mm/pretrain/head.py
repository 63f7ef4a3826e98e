"""The target and the loss of pre-training."""

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpretrain.registry import MODELS
from torch import Tensor

from ..patches import patch_grid, take_patches


@MODELS.register_module()
class InfMAEPretrainHead(BaseModule):
    """Mean squared error of the pixels of patches (paper equation 2).

    As mmpretrain's ``MAEPretrainHead`` with an L2 loss, for patches in place
    of square images, so that only masked ones are cut out.

    Args:
        norm_pix (bool): Whether each patch is normalised by its own mean and
            standard deviation before it is compared. Defaults to False.
    """

    def __init__(self, norm_pix: bool = False) -> None:
        super().__init__()
        self.norm_pix = norm_pix

    @staticmethod
    def patchify(images: Tensor) -> Tensor:
        """Cut whole images into patches: the inverse of ``unpatchify``.

        Args:
            images (Tensor): ``(B, C, H, W)``, sides multiples of 16.

        Returns:
            Tensor: ``(B, N, 16 * 16 * C)``, in the order row, column, channel.
        """
        rows, columns = patch_grid(images)
        ids = torch.arange(rows * columns, device=images.device)
        patches = take_patches(images, ids.expand(len(images), -1))
        return patches.permute(0, 1, 3, 4, 2).flatten(2)

    def target(self, patches: Tensor) -> Tensor:
        """What is to be predicted of patches ``(B, N, C, p, p)``.

        Returns:
            Tensor: ``(B, N, p * p * C)``, in the order row, column, channel.
        """
        target = patches.permute(0, 1, 3, 4, 2).flatten(2)  # (B, N, p * p * C)
        if self.norm_pix:
            mean = target.mean(dim=-1, keepdim=True)
            variance = target.var(dim=-1, keepdim=True)
            target = (target - mean) / (variance + 1e-6).sqrt()
        return target

    def loss(self, pred: Tensor, target: Tensor) -> Tensor:
        """The loss of each image.

        Args:
            pred (Tensor): ``(B, N, p * p * C)``.
            target (Tensor): Of :meth:`target`.

        Returns:
            Tensor: ``(B,)``, float32.
        """
        error = F.mse_loss(pred.float(), target.float(), reduction='none')
        return error.mean(dim=(1, 2))
