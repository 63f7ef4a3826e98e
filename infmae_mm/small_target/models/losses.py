"""A loss that weighs a target of nine pixels like one of nine hundred."""

from mmseg.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class SoftIoULoss(nn.Module):
    r"""One minus the soft IoU of the targets, for one logit per pixel.

    With probabilities :math:`p`, labels :math:`y` and the smoothing
    :math:`\epsilon`, in each image

    .. math::
        1 - \frac{\sum p y + \epsilon}
                 {\sum p + \sum y - \sum p y + \epsilon}

    and the mean over images. Without a target it falls to 0 as the
    prediction falls silent. The losses of mmseg do not fit: ``DiceLoss`` takes
    the only channel as that of label 0, which is the background, and has no
    ignored pixels; ``TverskyLoss`` makes a softmax of the one channel;
    ``LovaszLoss`` is a hinge on the order of the errors.

    Args:
        smooth (float): :math:`\epsilon`, in pixels. Defaults to 1.
        loss_weight (float): Factor of the loss. Defaults to 1.
        loss_name (str): Name in the log; it must begin with ``loss_`` to
            be trained on. Defaults to 'loss_iou'.
    """

    def __init__(
        self,
        smooth: float = 1.0,
        loss_weight: float = 1.0,
        loss_name: str = 'loss_iou',
    ) -> None:
        super().__init__()
        self.smooth = smooth
        self.loss_weight = loss_weight
        self.loss_name = loss_name

    def forward(
        self,
        logits: Tensor,
        labels: Tensor,
        weight: Tensor | None = None,
        ignore_index: int | None = 255,
    ) -> Tensor:
        """Compute the loss.

        Args:
            logits (Tensor): ``(B, 1, H, W)``, float.
            labels (Tensor): ``(B, H, W)``, integers: 1 in targets, 0 in
                the background, ``ignore_index`` where it is not known.
            weight (Tensor, optional): Weights of pixels ``(B, H, W)``.
            ignore_index (int, optional): Label of ignored pixels.

        Returns:
            Tensor: Scalar, from 0 to ``loss_weight``.

        Raises:
            ValueError: If there is more than one logit per pixel.
        """
        if logits.shape[1] != 1:
            raise ValueError(
                'SoftIoULoss takes one logit per pixel, got '
                f'{logits.shape[1]}: set out_channels=1 in the head.'
            )
        # sums over a whole image do not fit half precision
        probabilities = logits.squeeze(1).float().sigmoid()  # (B, H, W)
        known = (labels != ignore_index).float()
        if weight is not None:
            known = known * weight
        truth = (labels == 1).float()
        overlap = (known * probabilities * truth).sum((1, 2))  # (B,)
        total = (known * (probabilities + truth)).sum((1, 2))
        iou = (overlap + self.smooth) / (total - overlap + self.smooth)
        return self.loss_weight * (1 - iou).mean()
