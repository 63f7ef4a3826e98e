"""The chunks of PNG files; their checksums are the decoder's to verify."""

import struct
from collections.abc import Iterator

from .damage import DamagedImageError, check_size
from .formats import PNG
from .orientation import exif_orientation

# A byte of deflate becomes 1032 at most, which hold 8 pixels each.
_PIXELS_PER_BYTE = 8 * 1032


def parse_chunks(data: bytes) -> int:
    """Walk the chunks of a PNG to its end.

    Args:
        data (bytes): The file.

    Returns:
        int: The orientation, 1 to 8.

    Raises:
        DamagedImageError: If the end is missing, or the header tells a size
            that the file cannot hold.
    """
    orientation = 1
    for kind, i, end in _chunks(data):
        if kind == b'IEND' and end + 4 <= len(data):
            return orientation
        if kind == b'IHDR' and i + 8 <= len(data):
            width, height = struct.unpack_from('>II', data, i)
            check_size(width, height, len(data), _PIXELS_PER_BYTE)
        if kind == b'eXIf':
            orientation = exif_orientation(data[i:end])
    raise DamagedImageError('truncated PNG: its end is missing')


def read_size(data: bytes) -> tuple[int, int, int] | None:
    """Height, width and orientation, from what stands before the pixels.

    Returns:
        tuple[int, int, int] | None: None where the data end before that.
    """
    size, orientation = None, 1
    for kind, i, end in _chunks(data):
        if kind == b'IDAT' and size is not None:
            return *size, orientation
        if end > len(data):
            break
        if kind == b'IHDR' and end - i >= 8:
            size = struct.unpack_from('>II', data, i)[::-1]
        if kind == b'eXIf':
            orientation = exif_orientation(data[i:end])
    return None


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind of each chunk, and where its content begins and ends."""
    i = len(PNG)
    while i + 8 <= len(data):
        length, kind = struct.unpack_from('>I4s', data, i)
        if not kind.isalpha():
            return
        yield kind, i + 8, i + 8 + length
        i += 12 + length
