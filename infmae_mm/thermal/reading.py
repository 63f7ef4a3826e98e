"""Reading of infrared image files: grey, 8 to 64 bit, never half a file.

Image libraries are lenient: OpenCV fills what is missing of a JPEG with grey
and says so only on stderr. A network trains on such a picture without
complaint, so what is cut off is found here.

Needs NumPy, OpenCV and tifffile only; MMEngine where a file lies elsewhere
than in a folder.
"""

import os
import warnings
from collections.abc import Callable

import cv2
import numpy as np

from . import bmp, formats, jpeg, png
from .damage import DamagedImageError, UnreadableImageError, printable
from .decoding import REDUCTIONS, decode_jpeg, imdecode
from .opening import read_bytes
from .orientation import upright
from .palettes import check_palette, palette_to_grey
from .radiometric import Radiometric, join_segments, parse_record
from .temperature import radiometric_options


class InfraredFile:
    """One encoded image, in memory: asked for its size, then decoded.

    An orientation tag (EXIF, TIFF) is followed, in :attr:`size` and when
    decoding, as MMCV's reader, viewers and labelling tools do: boxes and
    masks were drawn on the upright picture.

    Args:
        path (str): Path or address, read with ``mmengine.fileio``.
        backend_args (dict, optional): Arguments of the file backend.
        palette (str): How colours become grey: ``'luma'``, the name of a
            palette of :mod:`.palettes`, or ``'auto'``, which finds it and
            takes the luma where there is none. Defaults to ``'luma'``.
        radiometric (str | dict, optional): Read the raw frame in the header
            of a radiometric JPEG in place of its picture: ``'counts'``;
            ``'temperature'``, degrees Celsius; or a dict of ``kind``, one of
            these, and for temperatures ``emissivity`` and ``reflected`` (in
            degrees Celsius), which replace those of the file.

    Attributes:
        notes (dict): After decoding: ``palette`` where colours were asked
            for one; ``unit`` and the options of a radiometric reading.

    Raises:
        UnreadableImageError: If there is no file, it cannot be opened, is
            empty, or is a truncated JPEG or PNG.
        ValueError: If an option is wrong.
    """

    _warned_of_pages = False  # once a process: a set may hold thousands

    def __init__(
        self,
        path: str,
        backend_args: dict | None = None,
        palette: str = 'luma',
        radiometric: str | dict | None = None,
    ) -> None:
        if palette != 'luma':
            check_palette(palette)
        self.path = os.fspath(path)
        self.palette = palette
        self.radiometric = radiometric_options(radiometric)
        self.notes: dict = {}
        self._header: jpeg.JpegHeader | None = None
        self._orientation = 1
        self._whole: np.ndarray | None = None
        self.data = b''
        try:
            self.data = read_bytes(self.path, backend_args)
        except FileNotFoundError:
            raise self._error('the file does not exist') from None
        except (OSError, ValueError) as error:  # ValueError: a null byte
            reason = getattr(error, 'strerror', None) or str(error)
            raise self._error(reason) from None
        self._guard(self._check)

    @property
    def is_jpeg(self) -> bool:
        """Whether it is a JPEG whose picture is read."""
        return self._header is not None and not self.radiometric

    @property
    def size(self) -> tuple[int, int]:
        """(height, width); a JPEG's comes from its header, undecoded."""
        if not self.is_jpeg:
            return self._decoded().shape
        height, width = self._header.size
        return (width, height) if self._orientation >= 5 else (height, width)

    def decode(self, reduction: int = 1) -> np.ndarray:
        """Decode as grey.

        Args:
            reduction (int): For a JPEG also 2, 4 or 8: the size divided by
                it, rounded up, which is cheaper than decoding and resizing.

        Returns:
            np.ndarray: Values as stored, (H, W): uint8 or uint16; of a TIFF
            also the other integer types and floats, where some values may
            not be finite, but not all; float32 for temperatures.

        Raises:
            UnreadableImageError: If the content cannot be decoded, has no
                radiometric frame or lies not on the palette asked for.
            ValueError: If ``reduction`` is not possible.
        """
        if reduction not in REDUCTIONS or reduction > 1 and not self.is_jpeg:
            raise ValueError(
                f'{printable(self.path)} cannot be decoded at 1/{reduction}: '
                f'JPEG files can at 1/{list(REDUCTIONS)}, others only at 1/1.'
            )
        if self.is_jpeg:
            return self._guard(lambda: self._decode_jpeg(reduction))
        return self._decoded()

    def read_radiometric(self) -> Radiometric | None:
        """Read the radiometric record of a JPEG; None where there is none.

        The frame is as it lies in the file, not turned.

        Raises:
            UnreadableImageError: If the record is damaged.
        """
        if self._header is None or not self._header.flir:
            return None
        return self._guard(self._parse_radiometric)

    def _guard(self, work: Callable):
        """Do what may find the content damaged, and name the file then.

        The error that is raised holds neither the one that was caught nor
        the bytes: a data loader keeps errors, and they must not keep files.
        """
        try:
            return work()
        except DamagedImageError as error:
            reason = str(error)
        except MemoryError:
            reason = 'there is not enough memory for it'
        raise self._error(reason)

    def _error(self, reason: str) -> UnreadableImageError:
        self.data, self._header, self._whole = b'', None, None
        return UnreadableImageError(self.path, reason)

    def _check(self) -> None:
        if not self.data:
            raise DamagedImageError('the file is empty')
        if self.data.startswith(formats.JPEG):
            self._header = jpeg.parse_header(self.data)
            self._orientation = self._header.orientation
        elif self.data.startswith(formats.PNG):
            self._orientation = png.parse_chunks(self.data)
        elif self.data.startswith(formats.BMP):
            bmp.check_header(self.data)
        elif not self.data.startswith(formats.TIFF):
            # OpenCV knows more, and how large a picture is only afterwards
            raise formats.foreign(self.data)
        if self.radiometric and not (self._header and self._header.flir):
            raise DamagedImageError(
                'it holds no radiometric record of FLIR (files of other '
                'kinds are read without radiometric=...)'
            )

    def _decoded(self) -> np.ndarray:
        if self._whole is None:
            self._whole = self._guard(self._decode_whole)
        return self._whole

    def _decode_whole(self) -> np.ndarray:
        if self.radiometric:
            image = self._decode_radiometric()
        elif self.data.startswith(formats.TIFF):
            image = self._decode_tiff()
        else:
            # not as grey: libpng takes another luma where a PNG has a gamma
            image = imdecode(self.data, cv2.IMREAD_UNCHANGED)
            if image.ndim == 3:
                image = np.ascontiguousarray(image[..., :3])
        if image.ndim == 3:
            image = self._to_grey(image)
        return upright(image, self._orientation)

    def _decode_tiff(self) -> np.ndarray:
        try:
            # a small computer may do without tifffile
            from .tiff import decode_tiff
        except ModuleNotFoundError as error:
            raise DamagedImageError(
                f'TIFF needs `pip install {error.name}`'
            ) from None
        image, self._orientation, pages = decode_tiff(self.data)
        if pages > 1 and not InfraredFile._warned_of_pages:
            InfraredFile._warned_of_pages = True
            warnings.warn(
                f'{printable(self.path)} has {pages} pages: the first is '
                'read, here and of all further TIFF files of several pages.',
                stacklevel=2,
            )
        return image

    def _decode_radiometric(self) -> np.ndarray:
        found = self._parse_radiometric()
        options = dict(self.radiometric)
        if options.pop('kind') == 'counts':
            self.notes.update(unit='counts')
            return found.counts
        self.notes.update(unit='degrees Celsius', **options)
        image = found.celsius(**options)
        if not np.isfinite(image).any():
            raise DamagedImageError('none of its counts is a temperature')
        return image

    def _parse_radiometric(self) -> Radiometric:
        return parse_record(join_segments(list(self._header.flir)))

    def _decode_jpeg(self, reduction: int) -> np.ndarray:
        image = decode_jpeg(
            self.data, self._header, reduction, self.palette != 'luma'
        )
        if image.ndim == 3:
            image = self._to_grey(image)
        # turned here and not by OpenCV, whose versions differ for PNG
        if self._orientation != 1:
            image = upright(image, self._orientation)
        return image

    def _to_grey(self, image: np.ndarray) -> np.ndarray:
        """Grey values of colours, (H, W, 3), BGR."""
        if self.palette == 'luma' or image.dtype != np.uint8:
            return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        try:
            grey, self.notes['palette'] = palette_to_grey(image, self.palette)
        except ValueError as error:
            raise DamagedImageError(str(error)) from None
        return grey


def read_image(
    path: str,
    reduction: int = 1,
    backend_args: dict | None = None,
    palette: str = 'luma',
    radiometric: str | dict | None = None,
) -> np.ndarray:
    """Read one infrared image as grey values.

    PNG, JPEG, BMP and TIFF files, of which the first page is read; grey,
    colour or with a palette (the luma is taken), with an alpha channel
    (ignored). Turned as the orientation tag demands.

    Args:
        path (str): Path or address, read with ``mmengine.fileio``.
        reduction (int): See :meth:`InfraredFile.decode`.
        backend_args (dict, optional): Arguments of the file backend.
        palette (str): See :class:`InfraredFile`.
        radiometric (str | dict, optional): See :class:`InfraredFile`.

    Returns:
        np.ndarray: See :meth:`InfraredFile.decode`.

    Raises:
        UnreadableImageError: If the file is missing, empty, truncated or
            not decodable.
    """
    file = InfraredFile(path, backend_args, palette, radiometric)
    return file.decode(reduction)
