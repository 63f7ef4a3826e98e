"""The chunks of PNG files; their checksums are the decoder's to verify."""

import struct

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
    orientation, i = 1, len(PNG)
    while i + 12 <= len(data):
        length, kind = struct.unpack_from('>I4s', data, i)
        if kind == b'IEND':
            return orientation
        if not kind.isalpha():
            break
        if kind == b'IHDR' and i + 16 <= len(data):
            width, height = struct.unpack_from('>II', data, i + 8)
            check_size(width, height, len(data), _PIXELS_PER_BYTE)
        if kind == b'eXIf':
            orientation = exif_orientation(data[i + 8 : i + 8 + length])
        i += 12 + length
    raise DamagedImageError('truncated PNG: its end is missing')
