"""Radiometric JPEG of FLIR cameras: raw counts and degrees Celsius.

Such a file is a JPEG picture for viewers. Segments of its header (APP1,
``FLIR``) hold, in pieces, a record ``FFF``: the raw frame of the sensor, of
a size of its own, and what turns counts into temperatures. Layout and names
as ExifTool's documentation of FLIR tags gives them.
"""

import math
import struct
from dataclasses import asdict, dataclass, replace

import cv2
import numpy as np

from .damage import DamagedImageError, check_size

SEGMENT = b'FLIR\0'
"""Start of a segment of the record, after its length."""

_RAW_FRAME, _CAMERA = 1, 0x20  # kinds of blocks of the record
_PNG = b'\x89PNG\r\n\x1a\n'
_ZERO = 273.15  # degrees Celsius in kelvin

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

_RANGES = dict(
    emissivity=(0, 1),
    window_transmission=(0, 1),
    humidity=(0, 1),
    distance=(0, 1e5),
    reflected=(-200, 5000),
    atmosphere=(-200, 1000),
    window=(-200, 1000),
    planck_b=(0, 20000),
)
_POSITIVE = (
    'emissivity',
    'window_transmission',
    'planck_r1',
    'planck_r2',
    'planck_b',
)


class RadiometricError(DamagedImageError):
    """A record that is damaged, or lacks what is asked of it."""


@dataclass(frozen=True)
class Camera:
    """What turns counts into temperatures.

    Attributes:
        emissivity (float): Of the object, within (0, 1].
        reflected (float): Reflected apparent temperature in degrees Celsius.
        distance (float): From camera to object in metres.
        atmosphere (float): Temperature of the air in degrees Celsius.
        humidity (float): Relative humidity, 0 to 1.
        window (float): Temperature of a window before the lens in degrees
            Celsius.
        window_transmission (float): Share that such a window lets through,
            within (0, 1]; 1 without one.
        planck_r1, planck_r2, planck_b, planck_f, planck_o (float): Constants
            of the camera's calibration.
        alpha1, alpha2, beta1, beta2, x (float): Constants of the air's
            attenuation.
    """

    emissivity: float
    reflected: float
    distance: float
    atmosphere: float
    humidity: float
    window: float
    window_transmission: float
    planck_r1: float
    planck_r2: float
    planck_b: float
    planck_f: float
    planck_o: float
    alpha1: float
    alpha2: float
    beta1: float
    beta2: float
    x: float

    def counts(self, celsius: float) -> float:
        """Counts of a black body right before the lens."""
        exponential = math.exp(self.planck_b / (celsius + _ZERO))
        return (
            self.planck_r1 / (self.planck_r2 * (exponential - self.planck_f))
            - self.planck_o
        )

    def transmission(self) -> float:
        """Share of the radiation that half of the way's air lets through.

        The model of FLIR's manuals: two exponentials of the root of the
        way, damped by the water in the air.
        """
        t = self.atmosphere
        water = self.humidity * math.exp(
            1.5587 + 6.939e-2 * t - 2.7816e-4 * t**2 + 6.8455e-7 * t**3
        )
        way = math.sqrt(self.distance / 2)
        return self.x * math.exp(
            -way * (self.alpha1 + self.beta1 * math.sqrt(water))
        ) + (1 - self.x) * math.exp(
            -way * (self.alpha2 + self.beta2 * math.sqrt(water))
        )

    def problem(self) -> str:
        """Say which value is impossible; empty where none is."""
        for name, value in asdict(self).items():
            low, high = _RANGES.get(name, (-1e9, 1e9))
            if not low <= value <= high or value == 0 and name in _POSITIVE:
                return f'{name} is {value:g}, which is impossible'
        try:
            possible = 0 < self.transmission() <= 1
        except OverflowError:
            possible = False
        return '' if possible else 'its constants of the air are impossible'

    def celsius(self, counts: np.ndarray) -> np.ndarray:
        """Turn counts into the temperature of the object.

        What arrives is the object's radiation and what it reflects, then
        that of half of the air, of the window, and of the other half, each
        let through by what comes after it.

        Args:
            counts (np.ndarray): Any shape.

        Returns:
            np.ndarray: Degrees Celsius, float32, of the same shape. NaN
            where counts are below what any temperature gives.
        """
        air = self.transmission()
        background, passed = 0.0, 1.0
        for share, temperature in (
            (self.emissivity, self.reflected),
            (air, self.atmosphere),
            (self.window_transmission, self.window),
            (air, self.atmosphere),
        ):
            added = (1 - share) * self.counts(temperature) if share < 1 else 0
            background = share * background + added
            passed *= share
        signal = (counts.astype(np.float64) - background) / passed
        with np.errstate(divide='ignore', invalid='ignore'):
            ratio = self.planck_r1 / (
                self.planck_r2 * (signal + self.planck_o)
            )
            kelvin = self.planck_b / np.log(ratio + self.planck_f)
        kelvin[~(kelvin > 0)] = np.nan
        return (kelvin - _ZERO).astype(np.float32)


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
    if data.startswith(_PNG):
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
        values[name] -= _ZERO
    (values['planck_o'],) = struct.unpack_from(f'{order}i', block, _PLANCK_O)
    # older cameras write per cent
    if values['humidity'] > 2:
        values['humidity'] /= 100
    return Camera(**values)
