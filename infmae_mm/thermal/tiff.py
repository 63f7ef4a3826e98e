"""Decoding of TIFF files, as cameras, GDAL and imaging programs write them."""

import io
import lzma
import math
import struct
import zlib

import cv2
import numpy as np
import tifffile
from tifffile import COMPRESSION, PHOTOMETRIC, SAMPLEFORMAT

from .damage import DamagedImageError, check_size
from .orientation import ORIENTATION
from .tiff_samples import no_data_of, to_picture, without

_PHOTOMETRIC = 262

# What a damaged file makes of tifffile, which trusts numbers in headers.
_DAMAGE = (
    tifffile.TiffFileError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)

# Bytes that one byte can become at most; of codecs not named, any number.
_RATIOS = {
    COMPRESSION.NONE: 1,
    COMPRESSION.PACKBITS: 64,
    COMPRESSION.ADOBE_DEFLATE: 1032,
    COMPRESSION.DEFLATE: 1032,
    COMPRESSION.LZW: 2560,
    COMPRESSION.JPEG: 512,
}

# Codecs of the libtiff that OpenCV brings along; tifffile has no LZW, JPEG
# and floating-point predictor of its own.
_OPENCV_CODECS = (
    COMPRESSION.LZW,
    COMPRESSION.JPEG,
    COMPRESSION.ADOBE_DEFLATE,
    COMPRESSION.DEFLATE,
)
_OPENCV_TYPES = ('u1', 'i1', 'u2', 'i2', 'i4', 'f4', 'f8')

# Codecs after which a predictor is undone; libtiff ignores it for others.
_PREDICTED = (
    COMPRESSION.LZW,
    COMPRESSION.ADOBE_DEFLATE,
    COMPRESSION.DEFLATE,
    COMPRESSION.LZMA,
    COMPRESSION.ZSTD,
)


def decode_tiff(data: bytes) -> tuple[np.ndarray, int, int]:
    """Decode the first page.

    Args:
        data (bytes): The file.

    Returns:
        tuple[np.ndarray, int, int]: Values as stored, (H, W), of any integer
        type or float, or colours, (H, W, 3), BGR, uint8, uint16 or float32;
        the orientation, 1 to 8; and the number of pages. White is large.
        Values that GDAL's tag declares as no data are NaN, for which
        integers become floats; in 8 bits they are 0.

    Raises:
        DamagedImageError: If the file is damaged, of a kind that is not
            read, or needs a codec that is not installed.
    """
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page, pages = file.pages[0], len(file.pages)
            _check_layout(page, len(data))
            image = _read(page, data)
            orientation = page.tags.valueof(ORIENTATION, default=1)
            image = to_picture(image, page)
            no_data = no_data_of(page)
    except DamagedImageError:
        raise
    except _DAMAGE as error:
        raise DamagedImageError(f'damaged TIFF: {error}') from None
    except RuntimeError as error:  # tifffile's, for what it does not do
        raise DamagedImageError(_needs_codec(str(error))) from None
    if image.ndim == 2 and no_data is not None:
        image = without(image, no_data)
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


def _check_layout(page: tifffile.TiffPage, length: int) -> None:
    """Refuse what is no picture, and what the file cannot hold."""
    width, height = page.imagewidth, page.imagelength
    samples, bits = page.samplesperpixel, page.bitspersample
    if not isinstance(bits, int):
        raise DamagedImageError(f'its samples have {bits} bits, not all alike')
    if bits == 1:
        raise DamagedImageError(
            'it has one bit a pixel (type bool): a mask, and no picture'
        )
    if page.imagedepth != 1 or page.sampleformat not in (
        SAMPLEFORMAT.UINT,
        SAMPLEFORMAT.INT,
        SAMPLEFORMAT.IEEEFP,
        SAMPLEFORMAT.VOID,
    ):
        raise DamagedImageError(
            f'it holds values of the format {page.sampleformat!r}, not one '
            'grey or colour picture of numbers'
        )
    if page.predictor != 1 and page.compression not in _PREDICTED:
        raise DamagedImageError(
            f'it has a predictor, which {page.compression!r} has not'
        )
    planes = samples if page.planarconfig == 2 else 1
    rows, columns = page.rowsperstrip, width
    if page.is_tiled:
        rows, columns = page.tilelength, page.tilewidth
        blocks = math.ceil(height / rows) * math.ceil(width / columns)
        stored = blocks * rows
    else:
        rows = min(rows, height)
        blocks, stored = math.ceil(height / rows), height
        # of one row of blocks
    offsets, counts = page.dataoffsets, page.databytecounts
    if len(offsets) != blocks * planes or len(counts) != len(offsets):
        raise DamagedImageError(
            f'damaged TIFF: {len(offsets)} of {blocks * planes} blocks of '
            'pixels are listed'
        )
    if any(
        not count or start + count > length
        for start, count in zip(offsets, counts, strict=True)
    ):
        raise DamagedImageError('truncated TIFF: blocks of pixels are missing')
    row = math.ceil(columns * (samples // planes) * bits / 8)
    ratio = _RATIOS.get(page.compression, math.inf)
    if row * stored * planes > sum(counts) * ratio:
        raise DamagedImageError(
            f'truncated or damaged TIFF: its header tells {width}x{height} '
            f'pixels, which its {sum(counts)} bytes cannot hold'
        )
    check_size(columns, stored, length, math.inf)
    check_size(width, height, length, math.inf)


def _read(page: tifffile.TiffPage, data: bytes) -> np.ndarray:
    """Samples as stored: (H, W), (H, W, S) or, in planes, (S, H, W)."""
    packed = page.bitspersample not in (8, 16, 32, 64)
    if page.compression == COMPRESSION.NONE and packed:
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


def _unpack(page: tifffile.TiffPage, data: bytes) -> np.ndarray:
    """Samples of 2 to 15 bits that lie side by side, rows from full bytes."""
    bits, width = page.bitspersample, page.imagewidth
    if (
        bits > 15
        or page.samplesperpixel != 1
        or page.is_tiled
        or page.fillorder != 1
        or page.sampleformat != SAMPLEFORMAT.UINT
    ):
        raise DamagedImageError(_needs_codec(f'{bits} bits, packed'))
    length = math.ceil(width * bits / 8)
    strips = zip(page.dataoffsets, page.databytecounts, strict=True)
    packed = b''.join(data[start : start + count] for start, count in strips)
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
