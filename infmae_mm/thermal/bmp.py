"""The header of BMP files."""

import struct

from .damage import DamagedImageError, check_size

_RUN_LENGTHS = (1, 2)
# Two bytes of run lengths stand for up to 255 pixels.
_RUN_PER_BYTE = 128


def read_size(data: bytes) -> tuple[int, int, int] | None:
    """Height, width and orientation; None where the header is cut off."""
    if len(data) < 54:
        return None
    (length,) = struct.unpack_from('<I', data, 14)
    kind = '<HH' if length == 12 else '<ii'  # of OS/2
    width, height = struct.unpack_from(kind, data, 18)
    return abs(height), abs(width), 1


def check_header(data: bytes) -> None:
    """Hold the size that a header tells against the file.

    Raises:
        DamagedImageError: If the header is cut off, or the file cannot hold
            such a picture.
    """
    size = read_size(data)
    if size is None:
        raise DamagedImageError('truncated BMP: its header is cut off')
    start, length = struct.unpack_from('<II', data, 10)
    bits, coding = struct.unpack_from('<HI', data, 28)
    if length == 12:
        (bits,), coding = struct.unpack_from('<H', data, 24), 0
    most = _RUN_PER_BYTE if coding in _RUN_LENGTHS else 8 / max(bits, 1)
    check_size(size[1], size[0], len(data) - start, most)
