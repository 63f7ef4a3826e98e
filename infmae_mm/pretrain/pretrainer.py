"""InfMAE pre-training: encoder, decoder, loss."""

import warnings
from typing import NamedTuple

import torch
from mmengine.structures import BaseDataElement
from mmpretrain.models import BaseSelfSupervisor
from mmpretrain.registry import MODELS
from torch import Tensor

from ..masking import InformationAwareMasking, mask_from_ids
from ..patches import patch_grid, take_patches, unpatchify


class Reconstruction(NamedTuple):
    """What the model makes of a batch of images.

    Attributes:
        image (Tensor): The prediction of every patch as an image
            ``(B, C, H, W)``, normalised as the input is. With ``norm_pix`` it
            is in units of each patch's own mean and deviation.
        mask (Tensor): ``(B, N)``, 1 where the patch was masked.
        scores (Tensor | None): ``(B, N)``, None where the masking is random.
        grid (tuple[int, int]): Rows and columns of patches.
    """

    image: Tensor
    mask: Tensor
    scores: Tensor | None
    grid: tuple[int, int]


@MODELS.register_module()
class InfMAEPretrainer(BaseSelfSupervisor):
    """Masked autoencoder of infrared images (paper section 4).

    Args:
        backbone (dict): An :class:`InfMAEPretrainEncoder`.
        neck (dict): An :class:`InfMAEPretrainDecoder`.
        head (dict, optional): An :class:`InfMAEPretrainHead`.
        data_preprocessor (dict, optional): An
            :class:`InfraredDataPreprocessor`.
        features (bool): Whether validation gives the features of the whole
            images too, which ``KNNAccuracy`` wants. Defaults to False.
        init_cfg (dict | list[dict], optional): Initialisation of mmengine.
    """

    def __init__(
        self,
        backbone: dict,
        neck: dict,
        head: dict | None = None,
        data_preprocessor: dict | None = None,
        features: bool = False,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(
            backbone=backbone,
            neck=neck,
            head=_own_head(head or dict(type='InfMAEPretrainHead')),
            data_preprocessor=data_preprocessor
            or dict(type='InfraredDataPreprocessor'),
            init_cfg=init_cfg,
        )
        self.features = features

    def forward(
        self,
        inputs: Tensor,
        data_samples: list[BaseDataElement] | None = None,
        mode: str = 'tensor',
    ) -> tuple[Tensor, ...] | dict[str, Tensor] | list[BaseDataElement]:
        """Run the model in one of mmengine's three modes.

        Args:
            inputs (Tensor): Normalised images ``(B, C, H, W)``.
            data_samples (list[BaseDataElement], optional): One per image.
            mode (str): 'tensor' for the feature maps of whole images, 'loss'
                for training, 'predict' for validation.

        Returns:
            tuple[Tensor, ...] | dict[str, Tensor] | list[BaseDataElement]:
            See :meth:`extract_feat`, :meth:`loss` and :meth:`predict`.
        """
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        return super().forward(inputs, data_samples, mode)

    def extract_feat(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """The feature maps F1, F2 and F3 of whole images."""
        return self.backbone(inputs, masked=False)

    def loss(
        self,
        inputs: Tensor,
        data_samples: list[BaseDataElement] | None = None,
    ) -> dict[str, Tensor]:
        """The mean squared error of the masked patches (paper equation 2).

        Args:
            inputs (Tensor): Normalised images ``(B, C, H, W)``.
            data_samples (list[BaseDataElement], optional): Not used.

        Returns:
            dict[str, Tensor]: The scalar ``loss``.
        """
        pred, masked_ids = self._predict_masked(inputs)
        target = self.head.target(take_patches(inputs, masked_ids))
        return dict(loss=self.head.loss(pred, target).mean())

    def _predict_masked(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Predictions of the masked patches, and their ids.

        Returns:
            tuple[Tensor, Tensor]: ``(B, N_m, 256 * C)``, ``(B, N_m)``.

        Raises:
            ValueError: If the masking leaves nothing to predict.
        """
        latent, visible_ids, masked_ids = self.backbone(inputs)
        if not masked_ids.shape[1]:
            height, width = inputs.shape[-2:]
            raise ValueError(
                f'All {visible_ids.shape[1]} patches of images of '
                f'{height}x{width} are visible, and none is left to predict: '
                'set a greater stride or mask_ratio of the masking, or '
                'larger images.'
            )
        pred = self.neck(latent, visible_ids, patch_grid(inputs))
        ids = masked_ids[..., None].expand(-1, -1, pred.shape[-1])
        return pred.gather(1, ids), masked_ids

    @torch.no_grad()
    def predict(
        self, inputs: Tensor, data_samples: list[BaseDataElement]
    ) -> list[BaseDataElement]:
        """Measure the reconstruction of each image.

        Args:
            inputs (Tensor): Normalised images ``(B, C, H, W)``.
            data_samples (list[BaseDataElement]): One per image.

        Returns:
            list[BaseDataElement]: The same, each with the floats ``loss`` and
            ``patch_mean_loss``, the loss of predicting the mean of each
            masked patch; with ``features`` the mean of F3, ``(C,)``, too.
        """
        pred, masked_ids = self._predict_masked(inputs)
        target = self.head.target(take_patches(inputs, masked_ids))
        mean = target.mean(dim=-1, keepdim=True).expand_as(target)
        losses = torch.stack(
            [self.head.loss(pred, target), self.head.loss(mean, target)], 1
        )  # (B, 2)
        for sample, (loss, mean_loss) in zip(
            data_samples, losses.tolist(), strict=True
        ):
            sample.loss = loss
            sample.patch_mean_loss = mean_loss
        if self.features:
            vectors = self.extract_feat(inputs)[-1].mean(dim=(2, 3))  # (B, C)
            for sample, vector in zip(data_samples, vectors, strict=True):
                sample.features = vector
        return data_samples

    @torch.no_grad()
    def reconstruct(self, inputs: Tensor) -> Reconstruction:
        """Reconstruct whole images, for a look at them.

        Args:
            inputs (Tensor): Normalised images ``(B, C, H, W)``.

        Returns:
            Reconstruction: Images, masks and scores.
        """
        grid = patch_grid(inputs)
        latent, visible_ids, _ = self.backbone(inputs)
        pred = self.neck(latent, visible_ids, grid)  # (B, N, 16 * 16 * C)
        masking = self.backbone.masking
        scores = None
        if isinstance(masking, InformationAwareMasking):
            scores = masking.scores(inputs)
        mask = mask_from_ids(visible_ids, pred.shape[1])
        return Reconstruction(
            unpatchify(pred.float(), grid), mask, scores, grid
        )


def _own_head(cfg: dict) -> dict:
    """Let configs of before 0.1.0 name mmpretrain's head for one release."""
    if cfg['type'] != 'MAEPretrainHead':
        return cfg
    warnings.warn(
        "head=dict(type='MAEPretrainHead', ...) of InfMAEPretrainer is "
        "called dict(type='InfMAEPretrainHead', norm_pix=...) now.",
        UserWarning,
        stacklevel=3,
    )
    return dict(type='InfMAEPretrainHead', norm_pix=cfg.get('norm_pix', False))
