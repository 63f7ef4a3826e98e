"""What a file stores, and the temperatures that it tells of itself."""

from dataclasses import dataclass

import cv2
import numpy as np

from ..thermal.palettes import palette_to_grey
from ..thermal.reading import InfraredFile, UnreadableImageError
from ..thermal.temperature import radiometric_options

VALUES = ('value_min', 'value_mean', 'value_max')
CELSIUS = ('celsius_min', 'celsius_mean', 'celsius_max')


@dataclass(frozen=True)
class Reading:
    """An image as its file stores it.

    Attributes:
        values (np.ndarray): (H, W): counts, kelvin, grey values.
        celsius (np.ndarray | None): (H, W), float: degrees Celsius, where
            they are known.
    """

    values: np.ndarray
    celsius: np.ndarray | None = None


def read_values(
    path: str,
    palette: str = 'luma',
    radiometric: str | dict | None = None,
    backend_args: dict | None = None,
) -> Reading:
    """Read an image, and degrees Celsius where it is a radiometric JPEG.

    Args:
        path (str): The file.
        palette (str): See :class:`..thermal.reading.InfraredFile`.
        radiometric (str | dict, optional): See there. Without it, the picture
            of a radiometric JPEG is read, and its temperatures are known if
            the frame in its header is of the size of the picture.
        backend_args (dict, optional): Arguments of the file backend.

    Raises:
        UnreadableImageError: See :func:`..thermal.reading.read_image`.
    """
    file = InfraredFile(path, backend_args, palette, radiometric)
    values = file.decode()
    if file.radiometric.get('kind') == 'temperature':
        return Reading(values, values)
    celsius = _celsius(file, backend_args)
    if celsius is not None and celsius.shape != values.shape:
        celsius = None
    return Reading(values, celsius)


def chosen_radiometric(
    asked: str | None, configured: str | dict | None
) -> str | dict | None:
    """What is read of radiometric JPEG, if the command line may say it too.

    Args:
        asked (str, optional): 'counts' or 'temperature'.
        configured (str | dict, optional): What a config says. Its emissivity
            and reflected temperature hold where the same is asked for.
    """
    same = radiometric_options(configured).get('kind') == asked
    return configured if asked is None or same else asked


def frame_values(frame: np.ndarray, palette: str = 'luma') -> Reading:
    """Take the grey values of a frame of a video.

    Args:
        frame (np.ndarray): (H, W), or in BGR, (H, W, 3), uint8.
        palette (str): How colours become grey, see :func:`read_values`.

    Raises:
        ValueError: If its colours do not lie on a palette that is named.
    """
    if frame.ndim == 3 and palette == 'luma':
        frame = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    elif frame.ndim == 3:
        frame, _ = palette_to_grey(frame, palette)
    return Reading(frame)


def _celsius(
    file: InfraredFile, backend_args: dict | None
) -> np.ndarray | None:
    """Temperatures of the frame in the header, turned as the picture is."""
    try:
        if file.read_radiometric() is None:
            return None
        return InfraredFile(
            file.path, backend_args, radiometric='temperature'
        ).decode()
    except UnreadableImageError:
        # the picture, or the counts, are there all the same
        return None


def measure(
    reading: Reading, inside: np.ndarray | tuple[slice, slice]
) -> list[str]:
    """Least, mean and greatest value inside, and the same in Celsius.

    Args:
        reading (Reading): The image.
        inside (np.ndarray | tuple[slice, slice]): What selects its pixels.

    Returns:
        list[str]: Six cells of a table, empty where nothing is known.
    """
    cells = []
    for values in (reading.values, reading.celsius):
        inner = values[inside] if values is not None else np.zeros(0)
        if inner.dtype.kind == 'f':
            inner = inner[np.isfinite(inner)]
        if not inner.size:
            cells += ['', '', '']
            continue
        mean = inner.mean(dtype=np.float64)
        cells += [_number(v) for v in (inner.min(), mean, inner.max())]
    return cells


def _number(value: float) -> str:
    """A value with what an eye reads of it: whole, or three digits."""
    if 0 < abs(value) < 0.1:
        # of a small one those that are not 0
        return f'{value:.3g}'
    return f'{value:.3f}'.rstrip('0').rstrip('.')
