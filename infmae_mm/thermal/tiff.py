"""Decoding of TIFF files, as cameras, GDAL and imaging programs write them."""

import io
import math
import struct

import cv2
import numpy as np
import tifffile
from tifffile import COMPRESSION, EXTRASAMPLE, PHOTOMETRIC, SAMPLEFORMAT

from .damage import DamagedImageError
from .orientation import ORIENTATION
from .tiff_layout import DAMAGE, check_layout, open_tiff, picture_page
from .tiff_samples import no_data_of, to_picture, without

_PHOTOMETRIC, _EXTRA_SAMPLES = 262, 338
_REVERSED = bytes(int(f'{byte:08b}'[::-1], 2) for byte in range(256))

# Codecs of the libtiff that OpenCV brings along; tifffile has no LZW, JPEG
# and floating-point predictor of its own.
_OPENCV_CODECS = (
    COMPRESSION.LZW,
    COMPRESSION.JPEG,
    COMPRESSION.ADOBE_DEFLATE,
    COMPRESSION.DEFLATE,
)
_OPENCV_TYPES = ('u1', 'i1', 'u2', 'i2', 'i4', 'f4', 'f8')


def decode_tiff(data: bytes) -> tuple[np.ndarray, int, int]:
    """Decode the first page that is no preview of another.

    Args:
        data (bytes): The file.

    Returns:
        tuple[np.ndarray, int, int]: Values as stored, (H, W), of any integer
        type or float, or colours, (H, W, 3), BGR, uint8, uint16 or float32;
        the orientation, 1 to 8; and the number of pages. White is large.
        Values that GDAL's tag declares as no data are NaN, for which
        integers become floats; in 8 bits they are 0. So are floats beyond
        1e30, which measure nothing.

    Raises:
        DamagedImageError: If the file is damaged, of a kind that is not
            read, or needs a codec that is not installed.
    """
    try:
        with open_tiff(io.BytesIO(data)) as file:
            page, pages = picture_page(file), len(file.pages)
            check_layout(page, len(data))
            image = _read(page, data)
            orientation = page.tags.valueof(ORIENTATION, default=1)
            image = to_picture(image, page)
            no_data = no_data_of(page)
    except DamagedImageError:
        raise
    except DAMAGE as error:
        raise DamagedImageError(f'damaged TIFF: {error}') from None
    except RuntimeError as error:  # tifffile's, for what it does not do
        raise DamagedImageError(_needs_codec(str(error))) from None
    if image.ndim == 2:
        image = without(image, no_data)
    if image.dtype.kind == 'f' and not np.isfinite(image).any():
        raise DamagedImageError(
            'no value of the TIFF is a measurement: finite, not beyond 1e30, '
            'and not declared as no data'
        )
    if orientation not in range(1, 9):
        orientation = 1
    return image, orientation, pages


def _needs_codec(what: str) -> str:
    return (
        f'its values are intact, but this kind of TIFF ({what}) needs the '
        "package imagecodecs: pip install 'infmae_mm[tiff]'"
    )


def _read(page: tifffile.TiffPage, data: bytes) -> np.ndarray:
    """Samples as stored: (H, W), (H, W, S) or, in planes, (S, H, W)."""
    if _is_packed(page):
        return _unpack(page, data)
    if _is_for_opencv(page):
        return _read_opencv(page, data)
    try:
        return page.asarray(maxworkers=1)
    except (ValueError, RuntimeError, ImportError) as error:
        lacks = isinstance(error, (ImportError, NotImplementedError))
        if lacks or 'imagecodecs' in str(error):
            what = getattr(page.compression, 'name', page.compression)
            raise DamagedImageError(
                _needs_codec(f'{what}, {page.bitspersample} bits')
            ) from None
        raise


def _is_for_opencv(page: tifffile.TiffPage) -> bool:
    """Whether tifffile alone cannot read it, and OpenCV reads it right.

    OpenCV scales packed bits, takes the first of planes, and makes 8 bits of
    grey with alpha.
    """
    lacks = page.compression in _OPENCV_CODECS and (
        page.compression in (COMPRESSION.LZW, COMPRESSION.JPEG)
        or page.predictor == 3
    )
    samples = page.samplesperpixel
    return (
        lacks
        and page.dtype in _OPENCV_TYPES
        and page.bitspersample == 8 * page.dtype.itemsize
        and (page.planarconfig == 1 or samples == 1)
        and (samples != 2 or page.dtype == 'u1')
    )


def _is_packed(page: tifffile.TiffPage) -> bool:
    """Whether samples of 2 to 15 bits lie side by side, as cameras write."""
    return (
        1 < page.bitspersample < 16
        and page.bitspersample != 8
        and page.compression == COMPRESSION.NONE
        and page.samplesperpixel == 1
        and not page.is_tiled
        and page.sampleformat in (SAMPLEFORMAT.UINT, SAMPLEFORMAT.VOID)
    )


def _unpack(page: tifffile.TiffPage, data: bytes) -> np.ndarray:
    """Samples that lie side by side, each row from a full byte on."""
    bits, width = page.bitspersample, page.imagewidth
    length = math.ceil(width * bits / 8)
    strips = zip(page.dataoffsets, page.databytecounts, strict=True)
    packed = b''.join(data[start : start + count] for start, count in strips)
    if page.fillorder == 2:
        packed = packed.translate(_REVERSED)
    rows = np.frombuffer(packed, np.uint8, length * page.imagelength)
    image = np.empty((page.imagelength, width), np.uint16)
    weights = 1 << np.arange(bits, dtype=np.uint16)[::-1]
    for row, target in zip(
        rows.reshape(page.imagelength, length), image, strict=True
    ):
        digits = np.unpackbits(row, count=width * bits)
        target[:] = digits.reshape(width, bits) @ weights
    return image


def _read_opencv(page: tifffile.TiffPage, data: bytes) -> np.ndarray:
    """Values as stored, by OpenCV, whose own ideas of tags are ruled out."""
    order, data = page.parent.byteorder, bytearray(data)
    # it reads the first page, which may be a preview
    big = page.parent.is_bigtiff
    struct.pack_into(
        f'{order}{"Q" if big else "I"}', data, 8 if big else 4, page.offset
    )
    # it follows the orientation whatever its flags say, inverts some types
    # where white is zero, maps palettes, and multiplies colours by alpha
    patches = {ORIENTATION: 1, _EXTRA_SAMPLES: EXTRASAMPLE.ASSOCALPHA}
    if page.samplesperpixel < 3:
        patches[_PHOTOMETRIC] = PHOTOMETRIC.MINISBLACK
    for code, value in patches.items():
        tag = page.tags.get(code)
        if tag is not None and tag.dtype == 3 and tag.count == 1:
            struct.pack_into(f'{order}H', data, tag.valueoffset, value)
    flags = cv2.IMREAD_UNCHANGED
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise DamagedImageError(f'OpenCV: {error.err}') from None
    if image is None or image.shape[:2] != (page.imagelength, page.imagewidth):
        raise DamagedImageError('damaged TIFF: it cannot be decompressed')
    if image.dtype != page.dtype:
        raise DamagedImageError(_needs_codec(f'compressed {page.dtype}'))
    if image.ndim == 3:
        image = image[..., [2, 1, 0, 3][: image.shape[2]]]  # as stored
    return image
