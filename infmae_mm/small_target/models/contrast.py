"""What stands out of its surroundings, and whether many things do."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import upsample

CELL = 4
"""Side of the cells over which pixels are averaged first."""


class LocalContrast(nn.Module):
    r"""Grey minus its local mean, in units of how far pixels around stand out.

    A speck on a clear sky and a lit window of a house differ from what is next
    to them by as much. They differ in what is around: near the window there
    are a hundred more. With :math:`d = g - \bar g`, the mean over ``window``
    cells, each of ``reaches`` gives a channel
    :math:`d / \sqrt{\overline{d^2} + f^2}`, whose mean is over so many cells.
    Brightness and contrast of the image change nothing above the floor
    :math:`f`. Nothing here is learnt.

    Means are over cells of 4x4 pixels, which costs little at any reach, and
    are enlarged bilinearly. At the border they are over what is there.

    Args:
        reaches (Sequence[int]): Sides of the surroundings, odd, in cells.
            Defaults to (3, 9, 33): 12, 36 and 132 pixels.
        window (int): Side of the window of the local mean, odd, in cells.
            Defaults to 3.
        floor (float): :math:`f`, noise that counts for nothing, in units of
            the normalised image. Defaults to 0.1, with the configs of this
            project about 5 of 255 grey levels.

    Raises:
        ValueError: If a side is even or less than 1, or the floor not
            positive.
    """

    def __init__(
        self,
        reaches: Sequence[int] = (3, 9, 33),
        window: int = 3,
        floor: float = 0.1,
    ) -> None:
        super().__init__()
        if any(side < 1 or side % 2 == 0 for side in (window, *reaches)):
            raise ValueError(
                'window and reaches of the contrast are odd numbers of '
                f'cells, got {window} and {tuple(reaches)}.'
            )
        if not floor > 0:
            raise ValueError(f'floor must be positive, got {floor}.')
        self.reaches = tuple(reaches)
        self.window = window
        self.floor = floor

    @property
    def channels(self) -> int:
        """Channels of the output."""
        return 1 + len(self.reaches)

    def forward(self, image: Tensor) -> Tensor:
        """Compute grey and contrasts.

        Args:
            image (Tensor): ``(B, C, H, W)``, normalised.

        Returns:
            Tensor: ``(B, 1 + len(reaches), H, W)``: the mean of the channels,
            then its contrast at each reach.
        """
        grey = image.mean(1, keepdim=True)
        if not self.reaches:
            return grey
        size = grey.shape[-2:]
        mean = _mean_around(_cells(grey), self.window)
        difference = grey - upsample(mean, size)
        energy = _cells(difference * difference)
        around = [_mean_around(energy, reach) for reach in self.reaches]
        around = upsample(torch.cat(around, 1), size)
        contrast = difference / (around + self.floor**2).sqrt()
        return torch.cat([grey, contrast], 1)


def _cells(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, CELL, ceil_mode=True, count_include_pad=False)


def _mean_around(x: Tensor, side: int) -> Tensor:
    # rows, then columns: the same mean, at 2 * side values a pixel
    for kernel in ((side, 1), (1, side)):
        x = F.avg_pool2d(
            x,
            kernel,
            stride=1,
            padding=(kernel[0] // 2, kernel[1] // 2),
            count_include_pad=False,
        )
    return x
