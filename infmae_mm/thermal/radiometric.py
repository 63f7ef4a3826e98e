"""Radiometric JPEG of FLIR cameras: raw counts and degrees Celsius.

Such a file is a JPEG picture for viewers. Segments of its header (APP1,
``FLIR``) hold, in pieces, a record ``FFF``: the raw frame of the sensor, of
a size of its own, and what turns counts into temperatures. Layout and names
as ExifTool's documentation of FLIR tags gives them.
"""

import struct
from dataclasses import dataclass, replace

import cv2
import numpy as np

from .containers import PNG
from .damage import DamagedImageError, check_size
from .temperature import ZERO, Camera

SEGMENT = b'FLIR\0'
"""Start of a segment of the record, after its length."""

_RAW_FRAME, _CAMERA = 1, 0x20  # kinds of blocks of the record

# place of each float of the camera's block
_FIELDS = dict(
    emissivity=0x20,
    distance=0x24,
    reflected=0x28,
    atmosphere=0x2C,
    window=0x30,
    window_transmission=0x34,
    humidity=0x3C,
    planck_r1=0x58,
    planck_b=0x5C,
    planck_f=0x60,
    alpha1=0x70,
    alpha2=0x74,
    beta1=0x78,
    beta2=0x7C,
    x=0x80,
    planck_r2=0x30C,
)
_PLANCK_O = 0x308  # an integer


class RadiometricError(DamagedImageError):
    """A record that is damaged, or lacks what is asked of it."""


@dataclass(frozen=True)
class Radiometric:
    """The raw frame of a radiometric JPEG, and its camera.

    Attributes:
        counts (np.ndarray): (H, W), uint16, as the camera stored it; some
            cameras turn the picture and not the frame.
        camera (Camera | None): None where the record has no such block.
    """

    counts: np.ndarray
    camera: Camera | None

    def celsius(
        self, emissivity: float | None = None, reflected: float | None = None
    ) -> np.ndarray:
        """Give the temperatures of the objects.

        Args:
            emissivity (float, optional): In place of that in the file.
            reflected (float, optional): Reflected temperature in degrees
                Celsius, in place of that in the file.

        Returns:
            np.ndarray: (H, W), float32, degrees Celsius.

        Raises:
            RadiometricError: If the file lacks the constants, or one is out
                of its range.
        """
        if self.camera is None:
            raise RadiometricError(
                'its record has raw counts, but no constants of the camera '
                'that turn them into temperatures'
            )
        given = dict(emissivity=emissivity, reflected=reflected)
        given = {k: float(v) for k, v in given.items() if v is not None}
        camera = replace(self.camera, **given)
        problem = camera.problem()
        if problem:
            raise RadiometricError(problem)
        return camera.celsius(self.counts)


def join_segments(segments: list[bytes]) -> bytes:
    """Join the pieces of a record.

    Args:
        segments (list[bytes]): Contents of the segments of a JPEG's header
            that start with :data:`SEGMENT`.

    Raises:
        RadiometricError: If one is missing or there twice.
    """
    # the head of a piece: 'FLIR\0', a version, its number, the last number
    pieces = {piece[6]: piece[8:] for piece in segments if len(piece) > 8}
    last = segments[0][7] if pieces else 0
    if len(segments) != last + 1 or set(pieces) != set(range(last + 1)):
        raise RadiometricError(
            f'its radiometric record is incomplete: {len(segments)} of '
            f'{last + 1} pieces are there'
        )
    return b''.join(pieces[i] for i in range(last + 1))


def parse_record(record: bytes) -> Radiometric:
    """Read the frame and the constants of a joined record.

    Raises:
        RadiometricError: If it is damaged or holds no frame.
    """
    if record[:4] not in (b'FFF\0', b'AFF\0'):
        raise RadiometricError('its radiometric record has no known start')
    try:
        # the version, 100 to 199, tells the order of bytes
        (version,) = struct.unpack_from('>I', record, 0x14)
        order = '>' if 100 <= version < 200 else '<'
        at, count = struct.unpack_from(f'{order}II', record, 0x18)
        blocks = {}
        for i in range(count):
            kind, _, _, _, start, length = struct.unpack_from(
                f'{order}HHIIII', record, at + 32 * i
            )
            if start + length > len(record):
                raise RadiometricError(
                    'a block of its radiometric record is cut off'
                )
            # of several frames the first
            blocks.setdefault(kind, record[start : start + length])
        if _RAW_FRAME not in blocks:
            raise RadiometricError('its radiometric record holds no frame')
        camera = blocks.get(_CAMERA)
        return Radiometric(
            _parse_frame(blocks[_RAW_FRAME]), camera and _parse_camera(camera)
        )
    except struct.error:
        raise RadiometricError('its radiometric record is cut off') from None


def _order(block: bytes) -> str:
    """Order of the bytes of a block: its first number is 2."""
    return '<' if block[:2] == b'\2\0' else '>'


def _parse_frame(block: bytes) -> np.ndarray:
    order = _order(block)
    width, height = struct.unpack_from(f'{order}HH', block, 2)
    data = block[32:]
    if data.startswith(PNG):
        return _parse_png(data)
    if not width or not height or len(data) != 2 * width * height:
        raise RadiometricError(
            f'its raw frame is said to have {width}x{height} values, but '
            f'has {len(data)} bytes'
        )
    return (
        np.frombuffer(data, f'{order}u2').reshape(height, width).astype('u2')
    )


def _parse_png(data: bytes) -> np.ndarray:
    width, height = struct.unpack_from('>II', data, 16)
    check_size(width, height, len(data), 1032)
    frame = cv2.imdecode(np.frombuffer(data, 'u1'), cv2.IMREAD_UNCHANGED)
    if frame is None or frame.ndim != 2 or frame.dtype != np.uint16:
        raise RadiometricError('its raw frame is a damaged PNG')
    # most cameras swap the bytes, and nothing says so: the right order is
    # the one in which neighbours differ less
    swapped = frame.byteswap()
    return min(frame, swapped, key=_roughness)


def _roughness(frame: np.ndarray) -> int:
    return int(np.abs(np.diff(frame.astype(np.int32))).sum(dtype=np.int64))


def _parse_camera(block: bytes) -> Camera:
    order = _order(block)
    values = {
        name: struct.unpack_from(f'{order}f', block, at)[0]
        for name, at in _FIELDS.items()
    }
    for name in ('reflected', 'atmosphere', 'window'):
        values[name] -= ZERO
    (values['planck_o'],) = struct.unpack_from(f'{order}i', block, _PLANCK_O)
    # older cameras write per cent
    if values['humidity'] > 2:
        values['humidity'] /= 100
    return Camera(**values)
