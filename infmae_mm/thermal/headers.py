"""Sizes of image files from their headers, without decoding a pixel."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from . import bmp, formats, jpeg, png
from .damage import DamagedImageError
from .opening import open_image
from .orientation import ORIENTATION
from .reading import InfraredFile, UnreadableImageError
from .tiff_layout import DAMAGE, open_tiff, picture_page

_START = 2**13  # bytes that hold most headers
_READERS = 8  # files opened at once: a network drive answers slowly


def image_size(path: str | Path) -> tuple[int, int]:
    """Height and width of an image as it is loaded, from its header.

    An orientation tag is followed, as by :class:`.reading.InfraredFile`;
    one that stands behind the pixels of a PNG is not seen.

    Args:
        path (str or Path): A local file.

    Returns:
        tuple[int, int]: Height and width in pixels.

    Raises:
        UnreadableImageError: If there is no file or its header is damaged.
    """
    path = str(path)
    try:
        with open_image(path) as file:
            height, width, orientation = _read_header(file)
    except FileNotFoundError:
        raise UnreadableImageError(path, 'the file does not exist') from None
    except DamagedImageError as error:
        raise UnreadableImageError(path, str(error)) from None
    except (OSError, ValueError) as error:  # ValueError: a null byte
        reason = getattr(error, 'strerror', None) or str(error)
        raise UnreadableImageError(path, reason) from None
    return (width, height) if orientation >= 5 else (height, width)


def image_sizes(
    paths: Iterable[str],
) -> dict[str, tuple[int, int] | UnreadableImageError]:
    """Sizes of many images, see :func:`image_size`.

    Returns:
        dict: Height and width of each file, or the error it ended in.
    """

    def read(path: str) -> tuple[int, int] | UnreadableImageError:
        try:
            return image_size(path)
        except UnreadableImageError as error:
            return error

    paths = list(dict.fromkeys(paths))
    with ThreadPoolExecutor(_READERS) as readers:
        return dict(zip(paths, readers.map(read, paths), strict=True))


def loaded_size(path: str) -> tuple[int, int]:
    """Height and width of an image, by decoding it where that is needed.

    For the few files whose header contradicts something.

    Raises:
        UnreadableImageError: If the image cannot be read.
    """
    return InfraredFile(path).size


def _read_header(file: BinaryIO) -> tuple[int, int, int]:
    """Height and width as stored, and the orientation."""
    start = file.read(_START)
    if not start:
        raise DamagedImageError('the file is empty')
    if start.startswith(formats.TIFF):
        file.seek(0)
        return _read_tiff(file)
    readers = {
        formats.JPEG: jpeg.read_size,
        formats.PNG: png.read_size,
        formats.BMP: bmp.read_size,
    }
    for signature, read in readers.items():
        if start.startswith(signature):
            # a radiometric frame or a profile may stand before the pixels
            found = read(start) or read(start + file.read())
            if found is None or min(found[:2]) < 1:
                raise DamagedImageError('its header is damaged or cut off')
            return found
    raise formats.foreign(start)


def _read_tiff(file: BinaryIO) -> tuple[int, int, int]:
    try:
        with open_tiff(file) as tiff:
            page = picture_page(tiff)
            orientation = page.tags.valueof(ORIENTATION, default=1)
            size = page.imagelength, page.imagewidth
    except DamagedImageError:
        raise
    except DAMAGE as error:
        raise DamagedImageError(f'its header is damaged: {error}') from None
    if orientation not in range(1, 9):
        orientation = 1
    if not all(isinstance(side, int) and side > 0 for side in size):
        raise DamagedImageError('its header is damaged')
    return *size, orientation
