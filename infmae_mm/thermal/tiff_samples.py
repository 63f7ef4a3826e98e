"""What the samples of a TIFF mean: grey, colours, no data."""

import math
import re

import numpy as np
import tifffile
from tifffile import COMPRESSION, PHOTOMETRIC

from .damage import DamagedImageError

_NODATA = 42113
_UNMEASURED = 1e30  # GIS programs write the least float where nothing is
_ALPHA = (tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA)
_COLOURS = ('uint8', 'uint16', 'float32')  # types that OpenCV converts


def to_picture(image: np.ndarray, page: tifffile.TiffPage) -> np.ndarray:
    """Make a picture of samples, by what the tags say of them.

    Args:
        image (np.ndarray): (H, W), (H, W, S) or, in planes, (S, H, W).
        page (TiffPage): With the tags.

    Returns:
        np.ndarray: Grey, (H, W), or colours, (H, W, 3), BGR; white is large.

    Raises:
        DamagedImageError: If they are no grey or colour picture.
    """
    shape, kind = image.shape, page.photometric
    if page.planarconfig == 2 and image.ndim == 3:
        image = np.moveaxis(image, 0, -1)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[..., 0]
    if kind == PHOTOMETRIC.YCBCR and page.compression != COMPRESSION.JPEG:
        raise DamagedImageError(
            'its colours are stored as luma and chroma (YCbCr), which is read '
            'only where they are compressed as JPEG'
        )
    if image.ndim == 3:
        image = _join_samples(image, page)
    if image is None or image.dtype.kind not in 'uif':
        raise DamagedImageError(
            f'the TIFF holds an array of shape {shape}, not one grey or '
            'colour picture'
        )
    if kind == PHOTOMETRIC.MINISWHITE:
        if image.dtype.kind != 'u':
            raise DamagedImageError(
                f'its white is zero, which has no meaning for {image.dtype}'
            )
        return (2**page.bitspersample - 1 - image).astype(image.dtype)
    if kind == PHOTOMETRIC.PALETTE:
        colours = np.asarray(page.colormap).T  # (entries, 3), 16 bits
        if colours.max() > 255:
            colours = colours >> 8
        return colours.astype(np.uint8)[image][..., ::-1]
    if image.ndim == 2 and kind not in (
        PHOTOMETRIC.MINISBLACK,
        PHOTOMETRIC.RGB,
        PHOTOMETRIC.YCBCR,
    ):
        raise DamagedImageError(f'its photometric interpretation is {kind!r}')
    return image


def _join_samples(
    image: np.ndarray, page: tifffile.TiffPage
) -> np.ndarray | None:
    """One picture of several samples, or None where they are none."""
    samples = image.shape[2]
    colour = page.photometric in (PHOTOMETRIC.RGB, PHOTOMETRIC.YCBCR)
    if colour and samples in (3, 4) and image.dtype in _COLOURS:
        return np.ascontiguousarray(image[..., 2::-1])
    extra = page.extrasamples
    if samples == 2 and len(extra) == 1 and extra[0] in _ALPHA:
        return image[..., 0]
    # one grey picture stored several times
    if samples in (3, 4) and (image[..., 1:3] == image[..., :1]).all():
        return image[..., 0]
    return None


def no_data_of(page: tifffile.TiffPage) -> float | None:
    """The value that GDAL's tag declares as no measurement.

    Where white is zero, it is turned around as the samples are.

    Raises:
        DamagedImageError: If the tag holds no number.
    """
    text = str(page.tags.valueof(_NODATA, default='')).strip('\0 ')
    if not text:
        return None
    if re.search('nan|#', text.lower()):  # '-1.#IND' of Windows
        return math.nan
    try:
        value = float(text)
    except ValueError:
        raise DamagedImageError(
            f"GDAL's tag in it declares {text!r} as no data, which is no "
            'number'
        ) from None
    if page.photometric == PHOTOMETRIC.MINISWHITE:
        return 2**page.bitspersample - 1 - value
    return value


def without(image: np.ndarray, no_data: float | None) -> np.ndarray:
    """The image with NaN, in 8 bits 0, where nothing was measured."""
    absent = np.zeros(image.shape, bool)
    if no_data is not None and not math.isnan(no_data):
        if image.dtype.kind == 'f':
            with np.errstate(over='ignore'):
                absent = image == image.dtype.type(no_data)
        else:
            absent = image == no_data
    if image.dtype.kind == 'f':
        # the declared value may have fewer digits than the stored one
        with np.errstate(invalid='ignore', over='ignore'):
            absent |= (np.abs(image) > _UNMEASURED) & ~np.isinf(image)
    if not absent.any():
        return image
    if image.dtype == np.uint8:
        return np.where(absent, np.uint8(0), image)
    image = image.astype(np.result_type(image.dtype, np.float32))
    image[absent] = np.nan
    return image
