"""Masks and label maps in image files."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage

from ..thermal.damage import check_size
from ..thermal.reading import InfraredFile, UnreadableImageError
from .error import AnnotationError

MASK_LEVEL = 127
"""Values above are of a target."""

# A mask of no more levels shows labels; a dark part that is not larger or
# brighter is a speck.
_LABEL_LEVELS, _SPECK_AREA, _SPECK_LEVEL = 8, 4, 31
# Pixels of one bit that a byte of any codec holds at most.
_DENSEST = 8 * 2560
_GREY = ('1', 'L')
_COLOURS = ('LA', 'La', 'P', 'PA', 'RGB', 'RGBA', 'RGBa', 'CMYK', 'YCbCr')


def read_mask(path: str, backend_args: dict | None = None) -> np.ndarray:
    """Read a mask: what is brighter than :data:`MASK_LEVEL` is a target.

    A colour counts by the greatest of its red, green and blue, so that every
    pure or dark colour of a labelling tool is seen, through a palette too;
    what is transparent counts as black.

    Args:
        path (str): Path or address, read with ``mmengine.fileio``.
        backend_args (dict, optional): Arguments of the file backend.

    Returns:
        np.ndarray: (H, W), bool.

    Raises:
        UnreadableImageError: If the file is missing or damaged.
        AnnotationError: If the file is of another depth; if it shows
            something, but nothing brighter than :data:`MASK_LEVEL`, or does
            so in a part, as of several labels; if only
            its transparency shows something; or if more than half of it is
            target, as of a mask in black on white.
    """
    values = _brightness(InfraredFile(path, backend_args))
    mask = values > MASK_LEVEL
    if not mask.any() and values.any():
        raise AnnotationError(
            f'{path}: the greatest value of the mask is {values.max()}, so '
            f'nothing in it is brighter than {MASK_LEVEL}, which marks a '
            'target. Write targets as 255: multiply ids of 0 and 1 by 255.'
        )
    _check_dark_parts(values, path)
    if mask.mean() > 0.5:
        raise AnnotationError(
            f'{path}: {mask.mean():.0%} of the mask is brighter than '
            f'{MASK_LEVEL}, which marks small targets. Invert it, if targets '
            'are black in it.'
        )
    return mask


def _check_dark_parts(values: np.ndarray, path: str) -> None:
    """Refuse a mask of labels, some of which are too dark to count.

    Grey between black and white is common where a mask was resized or stored
    with loss: such a mask has many levels, or dark specks.
    """
    if not ((values > 0) & (values <= MASK_LEVEL)).any():
        return
    if len(np.unique(values)) > _LABEL_LEVELS:
        return
    parts, count = ndimage.label(values, np.ones((3, 3)))
    numbers = range(1, count + 1)
    highest = ndimage.maximum(values, parts, numbers)
    areas = ndimage.sum_labels(values > 0, parts, numbers)
    for level, area in zip(highest, areas, strict=True):
        if _SPECK_LEVEL < level <= MASK_LEVEL and area >= _SPECK_AREA:
            raise AnnotationError(
                f'{path}: a part of {area:g} pixels of the mask has the '
                f'value {level}, and others are brighter than {MASK_LEVEL}, '
                'which marks a target. Write all targets as 255.'
            )


def _brightness(file: InfraredFile) -> np.ndarray:
    """The greatest of red, green and blue over black: (H, W), uint8."""
    try:
        with _opened(file) as image:
            # decoded by the reader of images, which checks for damage
            grey = image.mode in _GREY or image.mode not in _COLOURS
            rgba = None if grey else ImageOps.exif_transpose(image)
            rgba = np.asarray(rgba.convert('RGBA')) if rgba else None
    except UnidentifiedImageError:
        rgba = None  # a TIFF that Pillow does not know
    if rgba is None:
        values = file.decode()
        if values.dtype == bool:
            return values.astype(np.uint8) * 255
        if values.dtype != np.uint8:
            raise AnnotationError(
                f'{file.path}: a mask has 8 bits, 0 to 255, this file is '
                f'{values.dtype}.'
            )
        return values
    colour, alpha = rgba[..., :3].max(-1), rgba[..., 3]  # (H, W) each
    if not colour.any() and alpha.min() != alpha.max():
        raise AnnotationError(
            f'{file.path}: the mask is black, and only its transparency has '
            'a shape. Write targets in white on black.'
        )
    return (colour.astype(np.uint16) * alpha // 255).astype(np.uint8)


@contextmanager
def _opened(file: InfraredFile) -> Iterator[Image.Image]:
    """Let Pillow read a file, and name it where it is damaged.

    Raises:
        UnidentifiedImageError: If Pillow does not know it.
        UnreadableImageError: If it is damaged.
    """
    try:
        with Image.open(BytesIO(file.data)) as image:
            check_size(image.width, image.height, len(file.data), _DENSEST)
            yield image
    except UnidentifiedImageError:
        raise
    except (
        Image.DecompressionBombError,
        OSError,
        SyntaxError,  # of Pillow, for a broken chunk of a PNG
        ValueError,
        LookupError,
        TypeError,
        struct.error,
    ) as error:
        raise UnreadableImageError(
            file.path, f'the content is damaged: {error}'
        ) from error


def read_label_values(
    path: str, backend_args: dict | None = None
) -> np.ndarray:
    """Read the values of a label map: grey, with a palette, or one bit.

    Args:
        path (str): Path or address, read with ``mmengine.fileio``.
        backend_args (dict, optional): Arguments of the file backend.

    Returns:
        np.ndarray: (H, W), integers; of a palette, its indices.

    Raises:
        AnnotationError: If the file cannot be read, or holds colours.
    """
    try:
        with _opened(InfraredFile(path, backend_args)) as image:
            values = np.asarray(ImageOps.exif_transpose(image))
    except UnreadableImageError as error:
        raise AnnotationError(
            f'cannot read the label map {path}: {error.reason}'
        ) from error
    except UnidentifiedImageError as error:
        raise AnnotationError(
            f'cannot read the label map {path}: {error}'
        ) from error
    if values.ndim != 2 or values.dtype.kind not in 'bui':
        raise AnnotationError(
            f'the label map {path} is a picture of mode {image.mode}. Labels '
            'are ids: a grey image, or one with a palette.'
        )
    return values.astype(np.uint8) if values.dtype.kind == 'b' else values


class PaletteChecker:
    """Sees that a colour stands for one value in all label maps of a set.

    Programs that reduce the colours of a picture number them anew in each
    file: the values then tell no class. Black is passed over, as palettes end
    in it.
    """

    def __init__(self) -> None:
        self._first: dict[tuple[int, ...], tuple[int, str]] = {}

    def __call__(self, path: str) -> None:
        """Look at a label map; those without a palette pass.

        Raises:
            AnnotationError: If one of its colours has another value than in
                a label map before it.
            UnreadableImageError: If it is damaged.
        """
        with _opened(InfraredFile(path)) as image:
            if image.mode != 'P':
                return
            used = [value for _, value in image.getcolors()]
            palette = image.getpalette('RGB')
        colours = {v: tuple(palette[3 * v : 3 * v + 3]) for v in used}
        names = [*colours.values()]
        for value, colour in colours.items():
            if not any(colour) or names.count(colour) > 1:
                continue
            known, other = self._first.setdefault(colour, (value, path))
            if known != value:
                raise AnnotationError(
                    f'the colour {colour} has the value {known} in the label '
                    f'map {other}, and {value} in {path}: their palettes '
                    'differ, so the values tell no class. Write one value '
                    'for each class, with one palette for all files.'
                )
