"""Reading of infrared image files: grey, 8 or 16 bit, never half a file.

Image libraries are lenient: depending on its version OpenCV fills what is
missing of a truncated JPEG with grey and says so only on stderr. A network
trains on such a picture without complaint, so what is cut off is found here,
by the marker that ends a complete file.
"""

import io
import struct
from functools import cached_property

import cv2
import numpy as np
import tifffile
from mmengine import fileio

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
_UNCOMPRESSED = tifffile.COMPRESSION.NONE
_JPEG, _PNG = b'\xff\xd8', b'\x89PNG\r\n\x1a\n'
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

    An orientation tag (EXIF) is ignored, in :attr:`size` and when decoding:
    thermal cameras store frames as the sensor saw them.

    Args:
        path (str): Path or address, read with ``mmengine.fileio``.
        backend_args (dict, optional): Arguments of the file backend.

    Raises:
        UnreadableImageError: If there is no file, it cannot be opened, is
            empty, or is a truncated JPEG or PNG.
    """

    def __init__(self, path: str, backend_args: dict | None = None) -> None:
        self.path = str(path)
        try:
            self.data = fileio.get(self.path, backend_args=backend_args)
        except FileNotFoundError:
            raise self._error('the file does not exist') from None
        except OSError as error:
            raise self._error(f'{error.strerror or error}') from error
        if not self.data:
            raise self._error('the file is empty')
        self.is_jpeg = self.data.startswith(_JPEG)
        if self.is_jpeg:
            self._jpeg_size = self._check_jpeg()
        elif self.data.startswith(_PNG):
            self._check_png()

    @property
    def size(self) -> tuple[int, int]:
        """(height, width); a JPEG's comes from its header, undecoded."""
        return self._jpeg_size if self.is_jpeg else self._decoded.shape

    def decode(self, reduction: int = 1) -> np.ndarray:
        """Decode as grey; colours become their luma.

        Args:
            reduction (int): For a JPEG also 2, 4 or 8: the size divided by
                it, rounded up, which is cheaper than decoding and resizing.

        Returns:
            np.ndarray: Grey values, (H, W), as stored: uint8 or uint16; of
            a TIFF also the other integer types and floats.

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
        try:
            image = cv2.imdecode(
                np.frombuffer(self.data, np.uint8),
                flags | cv2.IMREAD_IGNORE_ORIENTATION,
            )
        except cv2.error as error:
            raise self._error(f'OpenCV: {error.err}') from error
        if image is None:
            raise self._error('the content is not an image or is damaged')
        return image

    def _decode_tiff(self) -> np.ndarray:
        try:
            with tifffile.TiffFile(io.BytesIO(self.data)) as file:
                page, pages = file.pages[0], len(file.pages)
                if pages == 1 and page.compression == _UNCOMPRESSED:
                    image = page.asarray()
                else:
                    image = None
        except (ValueError, IndexError, struct.error) as error:
            raise self._error(f'damaged TIFF: {error}') from error
        if pages != 1:
            raise self._error(f'{pages} pages in the TIFF, one is expected')
        if page.photometric == tifffile.PHOTOMETRIC.PALETTE:
            raise self._error('a TIFF with a colour map has no grey values')
        if image is None or image.shape[2:] in ((3,), (4,)):
            # decompresses without further packages, turns colours to grey
            image = self._decode_opencv(_ANY_DEPTH)
        if image.ndim != 2 or image.dtype.kind not in 'uif':
            raise self._error(
                f'the TIFF holds an array of shape {image.shape} and type '
                f'{image.dtype}, not one grey or colour picture'
            )
        if not np.isfinite(image).all():
            raise self._error('the TIFF holds values that are not finite')
        return image

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
            i += 12 + length
        raise self._error('truncated PNG: its end is missing')

    def _error(self, reason: str) -> UnreadableImageError:
        return UnreadableImageError(self.path, reason)


def read_image(
    path: str, reduction: int = 1, backend_args: dict | None = None
) -> np.ndarray:
    """Read one infrared image as grey values.

    PNG, JPEG, BMP and single-page TIFF files; grey, colour (the luma is
    taken), with a palette or an alpha channel (ignored).

    Args:
        path (str): Path or address, read with ``mmengine.fileio``.
        reduction (int): See :meth:`InfraredFile.decode`.
        backend_args (dict, optional): Arguments of the file backend.

    Returns:
        np.ndarray: (H, W), uint8 or uint16; of a TIFF also the other
        integer types and floats.

    Raises:
        UnreadableImageError: If the file is missing, empty, truncated or
            not decodable.
    """
    return InfraredFile(path, backend_args).decode(reduction)


def to_uint8(
    image: np.ndarray, percentiles: tuple[float, float] = (0.1, 99.9)
) -> np.ndarray:
    """Bring raw counts or temperatures to 8 bit; 8 bit passes unchanged.

    The values between two percentiles of the image are stretched linearly
    over 0 to 255, those outside are clipped: a radiometric camera uses a
    narrow part of its 16 bits, and a single dead pixel must not set the
    range. Where both percentiles are one value the whole range is taken; a
    constant image becomes zero.

    Args:
        image (np.ndarray): (H, W), any real type.
        percentiles (tuple[float, float]): Lower and upper, 0 to 100.

    Returns:
        np.ndarray: (H, W), uint8.
    """
    if image.dtype == np.uint8:
        return image
    low, high = np.percentile(image, percentiles)
    if low == high:
        low, high = float(image.min()), float(image.max())
    if low == high:
        return np.zeros(image.shape, np.uint8)
    stretched = image.astype(np.float32) - np.float32(low)
    stretched *= np.float32(255 / (high - low))
    return stretched.round().clip(0, 255).astype(np.uint8)
