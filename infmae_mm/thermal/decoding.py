"""Decoding by OpenCV, and of JPEG whether all of the picture is there."""

import cv2
import numpy as np

from .damage import DamagedImageError
from .jpeg import JpegHeader, with_filling

REDUCTIONS = {
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
"""Factors by which a JPEG can be decoded smaller, and OpenCV's flags."""

_REDUCED_COLOURS = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
_FILLED = 128  # the grey of blocks that a JPEG lacks


def imdecode(data: bytes, flags: int) -> np.ndarray:
    """Decode what OpenCV decodes, as it is stored: not turned.

    Args:
        data (bytes): The file.
        flags (int): OpenCV's.

    Raises:
        DamagedImageError: If it cannot be decoded.
    """
    try:
        image = cv2.imdecode(
            np.frombuffer(data, np.uint8),
            flags | cv2.IMREAD_IGNORE_ORIENTATION,
        )
    except cv2.error as error:
        raise DamagedImageError(f'OpenCV: {error.err}') from None
    if image is None:
        raise DamagedImageError('the content is not an image or is damaged')
    return image


def decode_jpeg(
    data: bytes, header: JpegHeader, reduction: int, colours: bool
) -> np.ndarray:
    """Decode a JPEG, all of whose blocks are there.

    Args:
        data (bytes): The file.
        header (JpegHeader): Of the file.
        reduction (int): One of :data:`REDUCTIONS`.
        colours (bool): Whether to keep them, if there are any.

    Returns:
        np.ndarray: uint8, (H, W), or (H, W, 3) as BGR.

    Raises:
        DamagedImageError: If it cannot be decoded, or a part is missing.
    """
    # one channel has no colours, whatever is asked for
    flags = REDUCTIONS[reduction]
    if colours and header.channels > 1:
        flags = _REDUCED_COLOURS[reduction]
    image = imdecode(data, flags)
    if _lacks_blocks(data, header, image, reduction):
        raise DamagedImageError(
            'truncated or damaged JPEG: a part of the picture is missing'
        )
    return image


def _lacks_blocks(
    data: bytes, header: JpegHeader, image: np.ndarray, reduction: int
) -> bool:
    """Tell whether a file was cut and given an end.

    Or its header promises a larger picture. The decoder fills what is
    missing with one grey, to the last block of 8x8. Of a progressive
    file it may be the scans that refine, of colours first; as of four
    channels, nothing tells but a second look, at which libjpeg writes of
    extraneous bytes to stderr.
    """
    if header.progressive or header.channels > 3:
        flags = cv2.IMREAD_COLOR
        image = imdecode(data, flags)
    else:
        flags = REDUCTIONS[reduction]
        if image.ndim == 3:  # colours are blurred over blocks
            image = imdecode(data, flags)
        side = 8 // reduction
        rows = (image.shape[0] - 1) // side * side
        columns = (image.shape[1] - 1) // side * side
        if (image[rows:, columns:] != _FILLED).any():
            return False
    filled = imdecode(with_filling(data), flags)
    return not np.array_equal(image, filled)
