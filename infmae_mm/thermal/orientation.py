"""The orientation tag of image files (EXIF, TIFF)."""

import struct

import numpy as np

ORIENTATION = 0x0112
"""Number of the tag in EXIF and TIFF."""


def exif_orientation(exif: bytes) -> int:
    """Find the orientation in an EXIF block.

    Args:
        exif (bytes): The block: a TIFF header and its first directory.

    Returns:
        int: 1 to 8; 1, upright, where it is missing or damaged.
    """
    order = {b'II*\0': '<', b'MM\0*': '>'}.get(exif[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f'{order}I', exif, 4)
        (count,) = struct.unpack_from(f'{order}H', exif, start)
        for i in range(count):
            entry = struct.unpack_from(
                f'{order}HHIH', exif, start + 2 + 12 * i
            )
            if entry[0] == ORIENTATION:
                return entry[3] if 1 <= entry[3] <= 8 else 1
    except struct.error:
        pass
    return 1


def upright(image: np.ndarray, orientation: int) -> np.ndarray:
    """Turn and mirror an image as its tag demands.

    Args:
        image (np.ndarray): (H, W), as stored.
        orientation (int): 1 to 8.

    Returns:
        np.ndarray: (H, W), or (W, H) for 5 to 8; contiguous.
    """
    if orientation >= 5:
        image = image.T
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)
