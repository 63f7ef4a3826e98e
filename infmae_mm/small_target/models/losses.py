"""Losses that weigh a target of nine pixels like one of nine hundred."""

import math

import torch
from mmseg.registry import MODELS
from torch import Tensor, nn

from ...registry import register_old_name


@MODELS.register_module()
class TargetSoftIoULoss(nn.Module):
    r"""One minus the soft IoU of the targets, for one logit per pixel.

    With probabilities :math:`p`, labels :math:`y` and the smoothing
    :math:`\epsilon`, in each image

    .. math::
        1 - \frac{\sum p y + \epsilon}
                 {\sum p + \sum y - \sum p y + \epsilon}

    and the mean over images, or one such quotient of all images together.
    Without a target it falls to 0 as the prediction falls silent. The losses
    of mmseg do not fit: ``DiceLoss`` takes the only channel as that of label
    0, which is the background, and has no ignored pixels; ``TverskyLoss``
    makes a softmax of the one channel; ``LovaszLoss`` is a hinge on the order
    of the errors.

    Args:
        smooth (float): :math:`\epsilon`, in pixels. Defaults to 1.
        per_image (bool): Whether each image has its own quotient. False sums
            over the batch, as DNANet does. Defaults to True.
        loss_weight (float): Factor of the loss. Defaults to 1.
        loss_name (str): Name in the log; it must begin with ``loss_`` to
            be trained on. Defaults to 'loss_iou'.
    """

    def __init__(
        self,
        smooth: float = 1.0,
        per_image: bool = True,
        loss_weight: float = 1.0,
        loss_name: str = 'loss_iou',
    ) -> None:
        super().__init__()
        self.smooth = smooth
        self.per_image = per_image
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
        probabilities, truth, known = _pixels(
            self, logits, labels, weight, ignore_index
        )
        axes = (1, 2) if self.per_image else (0, 1, 2)
        overlap = (known * probabilities * truth).sum(axes)  # (B,) or ()
        total = (known * (probabilities + truth)).sum(axes)
        iou = (overlap + self.smooth) / (total - overlap + self.smooth)
        return self.loss_weight * (1 - iou).mean()


@MODELS.register_module()
class SLSLoss(nn.Module):
    r"""Sensitive to scale and location: the loss of MSHNet.

    Q. Liu et al., *Infrared Small Target Detection with Scale and Location
    Sensitivity*, CVPR 2024. With the sums :math:`P` of the probabilities and
    :math:`T` of the labels of an image, :math:`d = ((P - T) / 2)^2` and
    :math:`w = (\min(P, T) + d) / (\max(P, T) + d)`, the first part is
    :math:`1 - w \, \mathrm{IoU}`. The second compares the mean positions
    :math:`(\overline{p x / W}, \overline{p y / H})` of prediction and truth
    in polar form: :math:`1 - \min\rho / \max\rho + 4 \pi^{-2}
    (\theta_p - \theta_y)^2`. As in the published code, the means are over
    all pixels, not divided by :math:`P`.

    In an image without a target, neither part has a gradient or a meaning:
    there the loss is that of :class:`TargetSoftIoULoss`, smoothed by 1.

    Args:
        loss_weight (float): Factor of the loss. Defaults to 1.
        loss_name (str): Name in the log. Defaults to 'loss_sls'.
    """

    def __init__(
        self, loss_weight: float = 1.0, loss_name: str = 'loss_sls'
    ) -> None:
        super().__init__()
        self.loss_weight = loss_weight
        self.loss_name = loss_name

    def forward(
        self,
        logits: Tensor,
        labels: Tensor,
        weight: Tensor | None = None,
        ignore_index: int | None = 255,
    ) -> Tensor:
        """Compute the loss; arguments and errors: :class:`TargetSoftIoULoss`.

        Returns:
            Tensor: Scalar, 0 or more.
        """
        probabilities, truth, known = _pixels(
            self, logits, labels, weight, ignore_index
        )
        found, truth = known * probabilities, known * truth
        p, t = found.sum((1, 2)), truth.sum((1, 2))  # (B,)
        overlap = (found * truth).sum((1, 2))
        deviation = ((p - t) / 2) ** 2
        scale = torch.minimum(p, t) + deviation
        scale = scale / (torch.maximum(p, t) + deviation).clamp_min(1e-6)
        iou = overlap / (p + t - overlap).clamp_min(1e-6)
        loss = 1 - scale * iou + _location_loss(found, truth)
        silence = 1 - 1 / (p + 1)
        return self.loss_weight * torch.where(t > 0, loss, silence).mean()


def _location_loss(found: Tensor, truth: Tensor) -> Tensor:
    """(B,) of maps (B, H, W)."""
    height, width = found.shape[-2:]
    rows = torch.arange(height, device=found.device) / height
    columns = torch.arange(width, device=found.device) / width
    radii, angles = [], []
    for pixels in (found, truth):
        y = (pixels * rows[:, None]).mean((1, 2))
        x = (pixels * columns).mean((1, 2))
        # the root and the angle have no gradient at the origin
        radii.append((x * x + y * y + 1e-16).sqrt())
        angles.append(torch.atan2(y + 1e-8, x + 1e-8))
    ratio = torch.minimum(*radii) / torch.maximum(*radii)
    turn = 4 / math.pi**2 * (angles[0] - angles[1]) ** 2
    return 1 - ratio + turn


def _pixels(
    loss: nn.Module,
    logits: Tensor,
    labels: Tensor,
    weight: Tensor | None,
    ignore_index: int | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Probabilities, truth and weights of pixels: each (B, H, W), float32."""
    if logits.shape[1] != 1:
        raise ValueError(
            f'{type(loss).__name__} takes one logit per pixel, got '
            f'{logits.shape[1]}: set out_channels=1 in the head.'
        )
    # sums over a whole image do not fit half precision
    probabilities = logits.squeeze(1).float().sigmoid()
    known = (labels != ignore_index).float()
    if weight is not None:
        known = known * weight
    return probabilities, (labels == 1).float(), known


register_old_name(MODELS, 'SoftIoULoss', TargetSoftIoULoss)
