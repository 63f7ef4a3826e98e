"""The header of BMP files."""

import struct

from .damage import DamagedImageError, check_size

_RUN_LENGTHS = (1, 2)
# Two bytes of run lengths stand for up to 255 pixels.
_RUN_PER_BYTE = 128


def check_header(data: bytes) -> None:
    """Hold the size that a header tells against the file.

    Raises:
        DamagedImageError: If the header is cut off, or the file cannot hold
            such a picture.
    """
    if len(data) < 54:
        raise DamagedImageError('truncated BMP: its header is cut off')
    start, length = struct.unpack_from('<II', data, 10)
    if length == 12:  # of OS/2
        width, height, _, bits = struct.unpack_from('<HHHH', data, 18)
        coding = 0
    else:
        width, height, _, bits, coding = struct.unpack_from('<iiHHI', data, 18)
    most = _RUN_PER_BYTE if coding in _RUN_LENGTHS else 8 / max(bits, 1)
    check_size(abs(width), abs(height), len(data) - start, most)
