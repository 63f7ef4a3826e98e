"""Reading of infrared image files: grey, 8 to 32 bit, never half a file.

Image libraries are lenient: depending on its version OpenCV fills what is
missing of a truncated JPEG with grey and says so only on stderr. A network
trains on such a picture without complaint, so what is cut off is found here,
by the marker that ends a complete file.
"""

import io
import struct
import warnings
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from .orientation import ORIENTATION, exif_orientation, upright

SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.png', '.tif', '.tiff')
"""File name endings (lower case) of the formats that are read."""

REDUCTIONS = {
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
"""Factors by which a JPEG can be decoded smaller, and OpenCV's flags."""

_ANY_DEPTH = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH
_COLOURS = (np.uint8, np.uint16, np.float32)  # types that OpenCV converts
_JPEG, _PNG = b'\xff\xd8', b'\x89PNG\r\n\x1a\n'
_EXIF = b'Exif\0\0'
_TIFF = (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+')


class UnreadableImageError(ValueError):
    """An image file that is missing, empty, truncated or not decodable.

    Args:
        path (str): The file.
        reason (str): What is wrong with it.
    """

    def __init__(self, path: str, reason: str) -> None:
        # both in `args`, so that it can be pickled between processes
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f'cannot read the image {self.path}: {self.reason}'


class InfraredFile:
    """One encoded image, in memory: asked for its size, then decoded.

    An orientation tag (EXIF, TIFF) is followed, in :attr:`size` and when
    decoding, as MMCV's reader, viewers and labelling tools do: boxes and
    masks were drawn on the upright picture.

    Args:
        path (str): Path or address, read with ``mmengine.fileio``.
        backend_args (dict, optional): Arguments of the file backend.

    Raises:
        UnreadableImageError: If there is no file, it cannot be opened, is
            empty, or is a truncated JPEG or PNG.
    """

    _warned_of_pages = False  # once a process: a set may hold thousands

    def __init__(self, path: str, backend_args: dict | None = None) -> None:
        self.path = str(path)
        try:
            self.data = read_bytes(self.path, backend_args)
        except FileNotFoundError:
            raise self._error('the file does not exist') from None
        except OSError as error:
            raise self._error(f'{error.strerror or error}') from error
        if not self.data:
            raise self._error('the file is empty')
        self._orientation = 1
        self.is_jpeg = self.data.startswith(_JPEG)
        if self.is_jpeg:
            self._jpeg_size = self._check_jpeg()
        elif self.data.startswith(_PNG):
            self._check_png()

    @property
    def size(self) -> tuple[int, int]:
        """(height, width); a JPEG's comes from its header, undecoded."""
        if not self.is_jpeg:
            return self._decoded.shape
        height, width = self._jpeg_size
        return (width, height) if self._orientation >= 5 else (height, width)

    def decode(self, reduction: int = 1) -> np.ndarray:
        """Decode as grey; colours become their luma.

        Args:
            reduction (int): For a JPEG also 2, 4 or 8: the size divided by
                it, rounded up, which is cheaper than decoding and resizing.

        Returns:
            np.ndarray: Values as stored, (H, W): uint8 or uint16; of a TIFF
            also the other integer types and floats, where some values may
            not be finite, but not all.

        Raises:
            UnreadableImageError: If the content cannot be decoded.
            ValueError: If ``reduction`` is not possible.
        """
        if reduction not in REDUCTIONS or reduction > 1 and not self.is_jpeg:
            raise ValueError(
                f'{self.path} cannot be decoded at 1/{reduction}: JPEG files '
                f'can at 1/{list(REDUCTIONS)}, others only at 1/1.'
            )
        if self.is_jpeg:
            return self._decode_opencv(REDUCTIONS[reduction])
        return self._decoded

    @cached_property
    def _decoded(self) -> np.ndarray:
        if self.data.startswith(_TIFF):
            return self._decode_tiff()
        return self._decode_opencv(_ANY_DEPTH)

    def _decode_opencv(self, flags: int) -> np.ndarray:
        image = self._imdecode(self.data, flags)
        # turned here and not by OpenCV, whose versions differ for PNG
        if self._orientation != 1:
            image = upright(image, self._orientation)
        return image

    def _imdecode(self, data: bytes, flags: int) -> np.ndarray:
        try:
            image = cv2.imdecode(
                np.frombuffer(data, np.uint8),
                flags | cv2.IMREAD_IGNORE_ORIENTATION,
            )
        except cv2.error as error:
            raise self._error(f'OpenCV: {error.err}') from error
        if image is None:
            raise self._error('the content is not an image or is damaged')
        return image

    def _decode_tiff(self) -> np.ndarray:
        try:
            # a small computer may do without it
            import tifffile
        except ImportError:
            raise self._error('TIFF needs `pip install tifffile`') from None
        data = self.data
        try:
            with tifffile.TiffFile(io.BytesIO(self.data)) as file:
                page, pages = file.pages[0], len(file.pages)
                self._orientation = page.tags.valueof(ORIENTATION, default=1)
                plain = (
                    page.compression == tifffile.COMPRESSION.NONE
                    and page.photometric != tifffile.PHOTOMETRIC.PALETTE
                )
                if plain:
                    image = page.asarray()
                elif ORIENTATION in page.tags:
                    # OpenCV follows the tag whatever its flags say
                    at = page.tags[ORIENTATION].valueoffset
                    data = bytearray(data)
                    data[at : at + 2] = struct.pack(f'{file.byteorder}H', 1)
        except (
            tifffile.TiffFileError,
            ValueError,
            IndexError,
            struct.error,
        ) as error:
            raise self._error(f'damaged TIFF: {error}') from error
        if pages > 1 and not InfraredFile._warned_of_pages:
            InfraredFile._warned_of_pages = True
            warnings.warn(
                f'{self.path} has {pages} pages: the first is read, here and '
                'of all further TIFF files of several pages.',
                stacklevel=2,
            )
        if not plain:
            # decompresses without further packages, turns colours to grey
            image = self._imdecode(data, _ANY_DEPTH)
        elif image.shape[2:] == (2,):
            image = image[..., 0]  # the other one is alpha
        elif image.shape[2:] in ((3,), (4,)) and image.dtype in _COLOURS:
            image = cv2.cvtColor(image[..., :3], cv2.COLOR_RGB2GRAY)
        if image.ndim != 2 or image.dtype.kind not in 'uif':
            raise self._error(
                f'the TIFF holds an array of shape {image.shape} and type '
                f'{image.dtype}, not one grey or colour picture'
            )
        if image.dtype.kind == 'f' and not np.isfinite(image).any():
            raise self._error('no value of the TIFF is finite')
        return upright(image, self._orientation)

    def _check_jpeg(self) -> tuple[int, int]:
        """Walk the header's segments to the start of the pixel data."""
        data, size, i = self.data, None, 2
        while i + 9 < len(data) and data[i] == 0xFF:
            marker = data[i + 1]
            if marker == 0xFF:  # padding
                i += 1
                continue
            if marker == 0xDA:  # start of scan
                # cannot occur inside the pixel data, where every 0xff is
                # followed by zero or a restart marker
                if data.rfind(b'\xff\xd9', i) < 0:
                    raise self._error('truncated JPEG: its end is missing')
                if size is None or 0 in size:
                    break
                return size
            if marker == 0xE1 and data.startswith(_EXIF, i + 4):
                self._orientation = exif_orientation(
                    data[i + 10 : i + 10 + 2**16]
                )
            if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
                size = struct.unpack_from('>HH', data, i + 5)
            i += 2 + int.from_bytes(data[i + 2 : i + 4], 'big')
        raise self._error('truncated or damaged JPEG: its header is broken')

    def _check_png(self) -> None:
        i = len(_PNG)
        while i + 12 <= len(self.data):
            length, kind = struct.unpack_from('>I4s', self.data, i)
            if kind == b'IEND':
                return
            if kind == b'eXIf':
                self._orientation = exif_orientation(
                    self.data[i + 8 : i + 8 + length]
                )
            i += 12 + length
        raise self._error('truncated PNG: its end is missing')

    def _error(self, reason: str) -> UnreadableImageError:
        return UnreadableImageError(self.path, reason)


def read_bytes(path: str, backend_args: dict | None = None) -> bytes:
    """Read a whole file, of an object store too.

    Args:
        path (str): Path or address.
        backend_args (dict, optional): Arguments of MMEngine's file backend.
    """
    if backend_args is None and '://' not in path:
        return Path(path).read_bytes()
    # what runs without MMEngine reads local files only
    from mmengine import fileio

    return fileio.get(path, backend_args=backend_args)


def read_image(
    path: str, reduction: int = 1, backend_args: dict | None = None
) -> np.ndarray:
    """Read one infrared image as grey values.

    PNG, JPEG, BMP and TIFF files, of which the first page is read; grey,
    colour or with a palette (the luma is taken), with an alpha channel
    (ignored). Turned as the orientation tag demands.

    Args:
        path (str): Path or address, read with ``mmengine.fileio``.
        reduction (int): See :meth:`InfraredFile.decode`.
        backend_args (dict, optional): Arguments of the file backend.

    Returns:
        np.ndarray: See :meth:`InfraredFile.decode`.

    Raises:
        UnreadableImageError: If the file is missing, empty, truncated or
            not decodable.
    """
    return InfraredFile(path, backend_args).decode(reduction)
