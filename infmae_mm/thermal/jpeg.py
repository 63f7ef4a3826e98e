"""The header of JPEG files, and whether all of the picture is there."""

import math
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from .damage import DamagedImageError, check_size
from .formats import JPEG
from .orientation import exif_orientation
from .radiometric import SEGMENT

END = b'\xff\xd9'

# Pixels that a byte of the picture's data holds at most: a block of 64 takes
# a bit or more, also where it has no detail.
_PIXELS_PER_BYTE = 512
_EXIF, _SEVERAL = b'Exif\0\0', b'MPF\0'
# no 0xff in it, and codes of any table
_FILLING = bytes((0x55, 0x33, 0x6B, 0x1D) * 64)
_FILLED = 128  # the grey of blocks that a file lacks

_DRI, _SOS, _EOI, _APP1, _APP2 = 0xDD, 0xDA, 0xD9, 0xE1, 0xE2
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_JPEG_LS = 0xF7
_PROGRESSIVE = (0xC2, 0xCA)
_LOSSLESS = (0xC3, 0xC7, 0xCB, 0xCF)
_MARKER = re.compile(rb'\xff+([\x01-\xfe])')
_IS_CUT = 'truncated or damaged JPEG: a part of the picture is missing'


@dataclass(frozen=True)
class JpegHeader:
    """What stands before the pixels.

    Attributes:
        size (tuple[int, int]): Height and width as stored.
        sampling (dict[int, tuple[int, int]]): Of each channel, how many
            samples it has down and across where the coarsest has one.
        progressive (bool): Whether the picture comes in several scans.
        orientation (int): 1 to 8.
        flir (tuple[bytes, ...]): Pieces of a radiometric record.
        end (int): Where the picture ends, before the end marker.
    """

    size: tuple[int, int]
    sampling: dict[int, tuple[int, int]]
    progressive: bool
    orientation: int
    flir: tuple[bytes, ...]
    end: int

    @property
    def channels(self) -> int:
        """1 for grey."""
        return len(self.sampling)


def parse_header(data: bytes) -> JpegHeader:
    """Walk the segments of a JPEG to its pixels.

    Raises:
        DamagedImageError: If the header is broken, tells a size that the
            data cannot hold, or the end of the file or a part of the picture
            is missing; or of a kind that no reader of pictures knows.
    """
    size, sampling, kind, orientation = None, {}, 0, 1
    flir, restart, several = [], 0, False
    for marker, i, end in _segments(data):
        if marker == _SOS:
            # cannot occur inside the pixel data, where every 0xff is
            # followed by zero or a restart marker
            if data.rfind(END, i) < 0:
                raise DamagedImageError('truncated JPEG: its end is missing')
            if size is None:
                break
            check_size(*size[::-1], len(data) - i, _PIXELS_PER_BYTE)
            last = len(data) - len(END)
            if restart or several or not data.endswith(END):
                interval = 0 if kind in _LOSSLESS else restart
                last = _walk(data, i, size, sampling, interval)
            return JpegHeader(
                size,
                sampling,
                kind in _PROGRESSIVE,
                orientation,
                tuple(flir),
                last,
            )
        if marker == _APP1 and data.startswith(_EXIF, i + 4):
            orientation = exif_orientation(data[i + 10 : end])
        elif marker == _APP1 and data.startswith(SEGMENT, i + 4):
            flir.append(data[i + 4 : end])
        elif marker == _APP2 and data.startswith(_SEVERAL, i + 4):
            several = True
        elif marker == _DRI:
            (restart,) = struct.unpack_from('>H', data, i + 4)
        elif marker == _JPEG_LS:
            raise DamagedImageError(_other_kind('JPEG-LS'))
        elif marker in _FRAMES:
            if data[i + 4] != 8:
                raise DamagedImageError(
                    _other_kind(f'JPEG of {data[i + 4]} bits')
                )
            kind = marker
            size = struct.unpack_from('>HH', data, i + 5)
            sampling = _parse_sampling(data[i + 9 : end])
    raise DamagedImageError('truncated or damaged JPEG: its header is broken')


def _other_kind(kind: str) -> str:
    return f'it is {kind}, which is not read: save it as PNG or TIFF'


def read_size(data: bytes) -> tuple[int, int, int] | None:
    """Height, width and orientation, from what stands before the pixels.

    Returns:
        tuple[int, int, int] | None: None where the data end before that.
    """
    size, orientation = None, 1
    for marker, i, end in _segments(data):
        if marker == _SOS and size is not None:
            return *size, orientation
        if end > len(data):
            break
        if marker in _FRAMES:
            size = struct.unpack_from('>HH', data, i + 5)
        elif marker == _APP1 and data.startswith(_EXIF, i + 4):
            orientation = exif_orientation(data[i + 10 : end])
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, place and end of each segment before the first scan."""
    i = len(JPEG)
    while i + 9 < len(data) and data[i] == 0xFF:
        marker = data[i + 1]
        if marker == 0xFF:  # padding
            i += 1
            continue
        end = i + 2 + int.from_bytes(data[i + 2 : i + 4], 'big')
        yield marker, i, end
        if marker == _SOS:
            return
        i = end


def _parse_sampling(frame: bytes) -> dict[int, tuple[int, int]]:
    channels = [frame[i : i + 3] for i in range(1, len(frame) - 2, 3)]
    return {
        channel: (max(factors & 15, 1), max(factors >> 4, 1))
        for channel, factors, _ in channels
    }


def _walk(
    data: bytes,
    start: int,
    size: tuple[int, int],
    sampling: dict[int, tuple[int, int]],
    restart: int,
) -> int:
    """Walk the scans to the end of the picture, and count what they have.

    A file of several pictures, or one with something behind the picture, may
    hold another end marker; one with restart markers tells by their number
    how much of it is there.

    Args:
        data (bytes): The file.
        start (int): Place of the first scan.
        size (tuple[int, int]): Height and width.
        sampling (dict[int, tuple[int, int]]): See :class:`JpegHeader`.
        restart (int): Blocks from one restart marker to the next; 0 for none.

    Returns:
        int: Place of the end marker.

    Raises:
        DamagedImageError: If something is missing.
    """
    missing = 0  # restart markers, of the scan
    for marker, i in _markers(data, start):
        if 0xD0 <= marker <= 0xD7:
            missing -= 1
            continue
        if missing > 0:
            raise DamagedImageError(_IS_CUT)
        if marker == _EOI:
            return i
        if marker == _DRI:
            (restart,) = struct.unpack_from('>H', data, i + 4)
        if marker == _SOS and restart:
            channels = data[i + 5 : i + 5 + 2 * data[i + 4] : 2]
            blocks = _blocks(size, sampling, channels)
            missing = math.ceil(blocks / restart) - 1
    raise DamagedImageError('truncated JPEG: its end is missing')


def _markers(data: bytes, i: int) -> Iterator[tuple[int, int]]:
    """Markers from one on, and their places, padding skipped."""
    while match := _MARKER.search(data, i):
        marker, place = match[1][0], match.end() - 2
        yield marker, place
        i = match.end()
        if not 0xD0 <= marker <= 0xD7:
            i += int.from_bytes(data[i : i + 2], 'big')


def _blocks(
    size: tuple[int, int],
    sampling: dict[int, tuple[int, int]],
    channels: bytes,
) -> int:
    """Blocks that a scan of these channels codes, one or several at a time."""
    most = [max(f[axis] for f in sampling.values()) for axis in (0, 1)]
    count = 1
    for length, factor, axis in zip(size, most, (0, 1), strict=True):
        unit = 8 * factor
        if len(channels) == 1:
            own = sampling.get(channels[0], (1, 1))[axis]
            length, unit = math.ceil(length * own / factor), 8
        count *= math.ceil(length / unit)
    return count


def check_blocks(
    image: np.ndarray,
    data: bytes,
    header: JpegHeader,
    reduction: int,
    decode: Callable[[bytes, bool], np.ndarray],
) -> None:
    """See that a file was not cut and given an end.

    Or that its header does not promise a larger picture. The decoder fills
    what is missing with one grey, to the last block of 8x8. Of a progressive
    file it may be the scans that refine, of colours first; as of four
    channels, nothing tells but a second look, at which libjpeg writes of
    extraneous bytes to stderr.

    Args:
        image (np.ndarray): What was decoded: (H, W) or (H, W, 3).
        data (bytes): The file.
        header (JpegHeader): Its header.
        reduction (int): 1, 2, 4 or 8: the size was divided by it.
        decode (Callable): Decodes a file, in colours or as grey.

    Raises:
        DamagedImageError: If blocks are missing.
    """
    colours = header.progressive or header.channels > 3
    if colours:
        image = decode(data, True)
    else:
        if image.ndim == 3:  # colours are blurred over blocks
            image = decode(data, False)
        side = 8 // reduction
        rows = (image.shape[0] - 1) // side * side
        columns = (image.shape[1] - 1) // side * side
        if (image[rows:, columns:] != _FILLED).any():
            return
    if not np.array_equal(image, decode(_with_filling(data, header), colours)):
        raise DamagedImageError(_IS_CUT)


def _with_filling(data: bytes, header: JpegHeader) -> bytes:
    """Put codes before the end of a picture, for whoever misses some.

    A decoder that has all blocks of the picture skips them; one whose data
    have ended takes them for blocks, and gives another picture.
    """
    # a cut may lie behind an 0xff, which would make a marker of what follows
    return data[: header.end].rstrip(b'\xff') + _FILLING + data[header.end :]
