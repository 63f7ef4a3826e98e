"""The header of JPEG files, and whether all of the picture is there."""

import struct
from dataclasses import dataclass

from .damage import DamagedImageError, check_size
from .orientation import exif_orientation
from .radiometric import SEGMENT

START, END = b'\xff\xd8', b'\xff\xd9'

# Pixels that a byte of the picture's data holds at most: a block of 64 takes
# a bit or more, also where it has no detail.
_PIXELS_PER_BYTE = 512
_EXIF = b'Exif\0\0'
# no 0xff in it, and codes of any table
_FILLING = bytes((0x55, 0x33, 0x6B, 0x1D) * 64)


@dataclass(frozen=True)
class JpegHeader:
    """What stands before the pixels.

    Attributes:
        size (tuple[int, int]): Height and width as stored.
        channels (int): 1 for grey.
        progressive (bool): Whether the picture comes in several scans.
        orientation (int): 1 to 8.
        flir (tuple[bytes, ...]): Pieces of a radiometric record.
        data (int): Place of the first scan.
    """

    size: tuple[int, int]
    channels: int
    progressive: bool
    orientation: int
    flir: tuple[bytes, ...]
    data: int


def parse_header(data: bytes) -> JpegHeader:
    """Walk the segments of a JPEG to its pixels.

    Raises:
        DamagedImageError: If the header is broken, tells a size that the
            data cannot hold, or the end of the file is missing.
    """
    size, channels, progressive, orientation = None, 0, False, 1
    flir, i = [], 2
    while i + 9 < len(data) and data[i] == 0xFF:
        marker = data[i + 1]
        if marker == 0xFF:  # padding
            i += 1
            continue
        length = int.from_bytes(data[i + 2 : i + 4], 'big')
        if marker == 0xDA:  # start of scan
            # cannot occur inside the pixel data, where every 0xff is
            # followed by zero or a restart marker
            if data.rfind(END, i) < 0:
                raise DamagedImageError('truncated JPEG: its end is missing')
            if size is None:
                break
            check_size(*size[::-1], len(data) - i, _PIXELS_PER_BYTE)
            return JpegHeader(
                size, channels, progressive, orientation, tuple(flir), i
            )
        if marker == 0xE1:
            if data.startswith(_EXIF, i + 4):
                orientation = exif_orientation(data[i + 10 : i + 2 + length])
            elif data.startswith(SEGMENT, i + 4):
                flir.append(data[i + 4 : i + 2 + length])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            size = struct.unpack_from('>HH', data, i + 5)
            channels = data[i + 9]
            progressive = marker == 0xC2
        i += 2 + length
    raise DamagedImageError('truncated or damaged JPEG: its header is broken')


def with_filling(data: bytes) -> bytes:
    """Put codes before the end of a picture, for whoever misses some.

    A decoder that has all blocks of the picture skips them; one whose data
    have ended takes them for blocks, and gives another picture.
    """
    end = data.rfind(END)
    # a cut may lie behind an 0xff, which would make a marker of what follows
    return data[:end].rstrip(b'\xff') + _FILLING + data[end:]
