"""Sizes of image files from their headers, without decoding a pixel."""

import struct
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tifffile
from PIL import Image, UnidentifiedImageError

from .formats import TIFF
from .opening import open_image
from .orientation import ORIENTATION, exif_orientation
from .reading import InfraredFile, UnreadableImageError
from .tiff_layout import picture_page

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
    try:
        with open_image(path) as file:
            is_tiff = file.read(4) in TIFF
    except FileNotFoundError:
        raise UnreadableImageError(
            str(path), 'the file does not exist'
        ) from None
    except (OSError, ValueError) as error:
        raise UnreadableImageError(
            str(path), getattr(error, 'strerror', None) or str(error)
        ) from error
    try:
        height, width, orientation = (
            _tiff_header(path) if is_tiff else _header(path)
        )
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        tifffile.TiffFileError,
        OSError,
        SyntaxError,  # of PIL, for a chunk that is broken
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
        struct.error,
    ) as error:
        raise UnreadableImageError(
            str(path), f'its header is damaged: {error}'
        ) from error
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


def _header(path: str | Path) -> tuple[int, int, int]:
    """Height and width as stored, and the orientation."""
    with Image.open(path) as image:
        exif = image.info.get('exif', b'')
        return image.height, image.width, exif_orientation(exif[6:])


def _tiff_header(path: str | Path) -> tuple[int, int, int]:
    with tifffile.TiffFile(path) as file:
        page = picture_page(file)
        orientation = page.tags.valueof(ORIENTATION, default=1)
        return page.imagelength, page.imagewidth, orientation
