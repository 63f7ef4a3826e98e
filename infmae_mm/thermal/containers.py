"""PNG and BMP: whether the file is whole, by its header and its end."""

import struct

from .damage import DamagedImageError, check_size
from .orientation import exif_orientation

PNG, BMP = b'\x89PNG\r\n\x1a\n', b'BM'
TIFF = (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+')
"""First bytes of the files."""


def check_png(data: bytes) -> int:
    """Walk the chunks of a PNG to its end.

    Returns:
        int: The orientation that its EXIF tells, 1 to 8.

    Raises:
        DamagedImageError: If the end is missing, or it tells a size that the
            data cannot hold.
    """
    orientation = 1
    i = len(PNG)
    while i + 12 <= len(data):
        length, kind = struct.unpack_from('>I4s', data, i)
        if kind == b'IEND':
            return orientation
        if not kind.isalpha():
            break
        if kind == b'IHDR' and i + 16 <= len(data):
            width, height = struct.unpack_from('>II', data, i + 8)
            # a byte of deflate is 1032 at most, which hold 8 pixels each
            check_size(width, height, len(data), 8 * 1032)
        if kind == b'eXIf':
            orientation = exif_orientation(data[i + 8 : i + 8 + length])
        i += 12 + length
    raise DamagedImageError('truncated PNG: its end is missing')


def check_bmp(data: bytes) -> None:
    """Hold the size that a BMP tells against its bytes.

    Raises:
        DamagedImageError: If they are too few.
    """
    if len(data) < 54:
        raise DamagedImageError('truncated BMP: its header is cut off')
    (start,) = struct.unpack_from('<I', data, 10)
    width, height = struct.unpack_from('<ii', data, 18)
    bits, coding = struct.unpack_from('<HI', data, 28)
    # run lengths take two bytes for up to 255 pixels
    most = 128 if coding in (1, 2) else 8 / max(bits, 1)
    check_size(abs(width), abs(height), len(data) - start, most)
