"""Decoding of TIFF files, as cameras, GDAL and imaging programs write them."""

import io
import math
import re
import struct

import cv2
import numpy as np
import tifffile
from tifffile import COMPRESSION, PHOTOMETRIC, SAMPLEFORMAT

from .damage import DamagedImageError
from .orientation import ORIENTATION
from .tiff_layout import DAMAGE, check_layout, picture_page

_PHOTOMETRIC, _NODATA = 262, 42113
_UNMEASURED = 1e30  # GIS programs write the least float where nothing is
_REVERSED = bytes(int(f'{byte:08b}'[::-1], 2) for byte in range(256))
_ALPHA = (tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA)
_COLOURS = ('uint8', 'uint16', 'float32')  # types that OpenCV converts

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
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page, pages = picture_page(file), len(file.pages)
            check_layout(page, len(data))
            image = _read(page, data)
            orientation = page.tags.valueof(ORIENTATION, default=1)
            image = _to_picture(image, page)
            no_data = _no_data(page)
    except DamagedImageError:
        raise
    except DAMAGE as error:
        raise DamagedImageError(f'damaged TIFF: {error}') from None
    except RuntimeError as error:  # tifffile's, for what it does not do
        raise DamagedImageError(_needs_codec(str(error))) from None
    if image.ndim == 2:
        image = _without(image, no_data)
    if image.dtype.kind == 'f' and not np.isfinite(image).any():
        raise DamagedImageError('no value of the TIFF is finite')
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
    needs_opencv = page.compression in _OPENCV_CODECS and (
        page.compression in (COMPRESSION.LZW, COMPRESSION.JPEG)
        or page.predictor == 3
    )
    if needs_opencv and page.dtype in _OPENCV_TYPES:
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
    if page.planarconfig == 2 and page.samplesperpixel > 1:
        raise DamagedImageError(_needs_codec('compressed planes'))
    grey = page.samplesperpixel == 1
    data = bytearray(data)
    # it follows the orientation whatever its flags say, inverts some types
    # where white is zero, and maps palettes
    patches = {ORIENTATION: 1}
    if grey:
        patches[_PHOTOMETRIC] = PHOTOMETRIC.MINISBLACK
    for code, value in patches.items():
        tag = page.tags.get(code)
        if tag is not None and tag.dtype == 3 and tag.count == 1:
            struct.pack_into(
                f'{page.parent.byteorder}H', data, tag.valueoffset, value
            )
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


def _to_picture(image: np.ndarray, page: tifffile.TiffPage) -> np.ndarray:
    """Grey (H, W) or colours (H, W, 3), BGR, of the samples."""
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


def _no_data(page: tifffile.TiffPage) -> float | None:
    """The value that GDAL's tag declares as no measurement.

    Raises:
        DamagedImageError: If the tag holds no number.
    """
    text = str(page.tags.valueof(_NODATA, default='')).strip('\0 ')
    if not text:
        return None
    if re.search('nan|#', text.lower()):  # '-1.#IND' of Windows
        return math.nan
    try:
        return float(text)
    except ValueError:
        raise DamagedImageError(
            f"GDAL's tag in it declares {text!r} as no data, which is no "
            'number'
        ) from None


def _without(image: np.ndarray, no_data: float | None) -> np.ndarray:
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
