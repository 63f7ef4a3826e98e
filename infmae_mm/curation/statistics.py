"""What a set of images is judged by: size, depth, entropy, a hash."""

from dataclasses import dataclass

import cv2
import numpy as np

from ..thermal.mapping import Percentile
from ..thermal.palettes import GREY
from ..thermal.reading import InfraredFile

VERSION = 2
"""Of the statistics: to be raised when one of them changes its value."""

GRID = 32
"""Side in pixels of the picture that is hashed."""

# The 64 lowest frequencies of the picture's cosine transform, (row, column),
# without the mean, which only tells how bright it is.
_AXIS = np.arange(GRID // 2)
_LOWEST = np.argsort(np.add.outer(_AXIS**2, _AXIS**2).ravel(), kind='stable')[
    1:65
]
# (frequency, pixel)
_COSINES = np.cos(
    np.pi / GRID * np.outer(_AXIS, np.arange(GRID) + 0.5)
).astype(np.float32)
_ZERO = 0.01  # what is below comes of the rounding of sums

_to_grey = Percentile()


@dataclass(frozen=True)
class ImageStatistics:
    """What is measured of one image.

    Attributes:
        width (int): In pixels.
        height (int): In pixels.
        bit_depth (int): Bits of a value as stored: 8, 16, 32 or 64.
        entropy (float): In bits, see :func:`entropy`.
        hash (int): 64 bits, see :func:`perceptual_hash`.
        palette (str): That its colours were mapped back from; ``'grey'``, or
            ``'none'`` for colours of no palette, as photographs have them.
        levels (int): Different grey levels, of 256.
    """

    width: int
    height: int
    bit_depth: int
    entropy: float
    hash: int
    palette: str = GREY
    levels: int = 256


def measure_statistics(path: str) -> ImageStatistics:
    """Read an image once and measure it.

    Values of more than 8 bits are brought to 256 grey levels first, between
    the percentiles 0.5 and 99.5 of the image, as all pipelines do.

    Colours of a palette are mapped back first, as ``palette='auto'`` does it
    in pipelines.

    Raises:
        UnreadableImageError: As of :func:`..thermal.reading.read_image`.
    """
    file = InfraredFile(path, palette='auto')
    image = file.decode()
    grey, _ = _to_grey(image)
    height, width = grey.shape
    return ImageStatistics(
        width=width,
        height=height,
        bit_depth=image.dtype.itemsize * 8,
        # a millionth of a bit is enough, and reads well in a table
        entropy=round(entropy(grey), 6),
        hash=perceptual_hash(grey),
        palette=file.notes.get('palette', GREY),
        levels=int(np.count_nonzero(_histogram(grey))),
    )


def entropy(image: np.ndarray) -> float:
    """Information entropy of the grey levels (InfMAE paper, equation 1).

    The sum of -P(x) log2 P(x) over the levels x that occur.

    Args:
        image (np.ndarray): (H, W), uint8.

    Returns:
        float: In bits, 0 to 8.
    """
    counts = _histogram(image)
    counts = counts[counts > 0].astype(np.float64)
    # never below zero, which rounding can give for a constant image
    bits = np.log2(image.size) - counts @ np.log2(counts) / image.size
    return max(float(bits), 0.0)


def _histogram(image: np.ndarray) -> np.ndarray:
    return cv2.calcHist([image], [0], None, [256], [0, 256]).ravel()


def perceptual_hash(image: np.ndarray) -> int:
    """Hash an image so that pictures of one view differ in few bits.

    The signs of the 64 lowest frequencies of the cosine transform of the
    picture in 32x32 pixels. Brightness does not enter, contrast, size and
    coding hardly. A mirrored picture differs in about 32 bits: half of the
    frequencies are odd along an axis and change their sign.

    Args:
        image (np.ndarray): (H, W), uint8.

    Returns:
        int: 0 to 2**64 - 1; 0 of a constant image.
    """
    # halving first takes half the time of one step over many pixels
    while min(image.shape) >= 4 * GRID:
        height, width = (n // 2 for n in image.shape)
        image = cv2.resize(
            image[: 2 * height, : 2 * width],
            (width, height),
            interpolation=cv2.INTER_AREA,
        )
    # of a picture of little contrast, rounding would set the high frequencies
    image = image.astype(np.float32)
    image = cv2.resize(image, (GRID, GRID), interpolation=cv2.INTER_AREA)
    spectrum = _COSINES @ (image - image.mean()) @ _COSINES.T
    bits = np.packbits(spectrum.ravel()[_LOWEST] > _ZERO)  # (8,)
    return int.from_bytes(bits.tobytes(), 'big')
