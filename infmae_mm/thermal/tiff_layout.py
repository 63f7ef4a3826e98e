"""Which page of a TIFF is the picture, and whether the file can hold it."""

import logging
import lzma
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import BinaryIO

import tifffile
from tifffile import COMPRESSION, SAMPLEFORMAT

from .damage import DamagedImageError, check_size

# What a damaged file makes of tifffile, which trusts numbers in headers.
DAMAGE = (
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

# Bits of the kind of a page: a preview of another page, a mask of one.
_IS_PREVIEW, _IS_MASK = 1, 4

# Bytes that one byte can become at most; of codecs not named, any number.
_RATIOS = {
    COMPRESSION.NONE: 1,
    COMPRESSION.PACKBITS: 64,
    COMPRESSION.ADOBE_DEFLATE: 1032,
    COMPRESSION.DEFLATE: 1032,
    COMPRESSION.LZW: 2560,
    COMPRESSION.JPEG: 512,
}

# Codecs after which a predictor is undone; libtiff ignores it for others.
_PREDICTED = (
    COMPRESSION.LZW,
    COMPRESSION.ADOBE_DEFLATE,
    COMPRESSION.DEFLATE,
    COMPRESSION.LZMA,
    COMPRESSION.ZSTD,
)


_reading = ContextVar('_reading', default=False)


def _is_wanted(record: logging.LogRecord) -> bool:
    return not (_reading.get() and 'GDAL_NODATA' in record.getMessage())


# Of each file of a set tifffile would tell that it cannot use GDAL's tag,
# which is read in tiff_samples.py. Others who read by it are still told.
logging.getLogger('tifffile').addFilter(_is_wanted)


@contextmanager
def open_tiff(file: BinaryIO) -> Iterator[tifffile.TiffFile]:
    """Open a TIFF, without what tifffile says of GDAL's tag.

    Args:
        file (BinaryIO): The file, at its beginning.

    Yields:
        TiffFile: The file as tifffile has it.
    """
    token = _reading.set(True)
    try:
        with tifffile.TiffFile(file) as tiff:
            yield tiff
    finally:
        _reading.reset(token)


def picture_page(file: tifffile.TiffFile) -> tifffile.TiffPage:
    """The first page that is no preview of another, and no mask of one.

    Raises:
        DamagedImageError: If the picture lies deeper in the file.
    """
    for page in file.pages:
        if not page.subfiletype & (_IS_PREVIEW | _IS_MASK):
            return page
    if any(page.subifds for page in file.pages):
        raise DamagedImageError(
            'it holds a preview, and its picture in a directory of its own, '
            'as DNG does: convert it to a plain TIFF'
        )
    return file.pages[0]


def check_layout(page: tifffile.TiffPage, length: int) -> None:
    """Refuse what is no picture, and what the file cannot hold.

    Args:
        page (TiffPage): The page to be read.
        length (int): Bytes of the file.

    Raises:
        DamagedImageError: If it is one of the two.
    """
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
