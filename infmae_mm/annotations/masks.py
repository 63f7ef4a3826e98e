"""Masks and label maps in image files, and the boxes of what they show."""

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage

from ..thermal.damage import check_size
from ..thermal.dataset import scan_images
from ..thermal.reading import InfraredFile, UnreadableImageError
from .error import AnnotationError
from .names import image_folder, images_by_name, one_image, size_of_image
from .records import AnnotationSource, LabelledImage
from .sequences import natural_order

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


class MaskFolder(AnnotationSource):
    """Reads boxes from masks: one around each connected part of a class.

    Parts are connected by edges and corners of pixels. With one class a mask
    is read by :func:`read_mask`; with more it is a label map, whose value 1
    is the first class, 2 the second, 0 none.

    Args:
        mask_dir (str): Folder of masks, of the names of the images.
        image_dir (str, optional): Folder of the images. Defaults to the one
            of :data:`.names.IMAGE_FOLDERS` beside ``mask_dir``.
        classes (Sequence[str]): Names, in the order of their values.
        ignore_classes (Sequence[str]): Of these, classes to leave out.
        mask_suffix (str): What follows the name of an image in the name of
            its mask. Defaults to ''.

    Raises:
        AnnotationError: If a folder is missing, or a mask has no image.
    """

    def __init__(
        self,
        mask_dir: str,
        image_dir: str | None = None,
        classes: Sequence[str] = ('target',),
        ignore_classes: Sequence[str] = (),
        mask_suffix: str = '',
    ) -> None:
        self.mask_dir = Path(mask_dir)
        if not self.mask_dir.is_dir():
            raise AnnotationError(f'{mask_dir}: there is no such folder.')
        self.image_dir = image_folder(self.mask_dir, image_dir)
        self.values = dict(enumerate(classes, 1))
        super().__init__(
            [name for name in classes if name not in ignore_classes],
            ignore_classes,
        )
        self._images = images_by_name(list(scan_images(str(self.image_dir))))
        masks = images_by_name(list(scan_images(str(mask_dir))))
        self._masks = {
            name.removesuffix(mask_suffix): files
            for name, files in masks.items()
            if name.endswith(mask_suffix)
        }
        if not self._masks:
            raise AnnotationError(
                f'{mask_dir}: there is no mask NAME{mask_suffix}.png in it.'
            )

    def names(self) -> list[str]:
        """Names of the images that have a mask, in natural order."""
        return sorted(self._masks, key=natural_order)

    def label(self, name: str) -> str:
        """Path of the mask of an image."""
        found = self._masks.get(name, [f'{name}.*'])
        return str(self.mask_dir / found[0])

    def read(self, name: str) -> LabelledImage:
        """Read the mask of one image.

        Raises:
            AnnotationError: If it cannot be read, is of another size than
                its image, or has a value that stands for no class.
        """
        path = self.label(name)
        file_name = one_image(
            self._images.get(name, ()), path, str(self.image_dir / name)
        )
        image = LabelledImage(
            file_name, size_of_image(self.image_dir / file_name)
        )
        values = self._read_values(path)
        if values.shape != image.size:
            (h, w), (height, width) = values.shape, image.size
            raise AnnotationError(
                f'{path} has {w}x{h} pixels, its image {file_name} has '
                f'{width}x{height}.'
            )
        for value in np.unique(values[values != 0]).tolist():
            class_ = self.class_of(self.values[value], path)
            parts, count = ndimage.label(values == value, np.ones((3, 3)))
            if class_ is None:
                image.counts['ignored'] += count
                continue
            for rows, columns in ndimage.find_objects(parts):
                corners = (
                    *(float(columns.start), float(rows.start)),
                    *(float(columns.stop), float(rows.stop)),
                )
                image.add(class_, corners)
        return image

    def _read_values(self, path: str) -> np.ndarray:
        """Number of the class of each pixel, 0 for none: (H, W)."""
        try:
            if len(self.values) == 1:
                return read_mask(path).astype(np.uint8)
            values = read_label_values(path)
        except ValueError as error:
            raise AnnotationError(str(error)) from error
        other = set(np.unique(values).tolist()) - {0, *self.values}
        if other:
            raise AnnotationError(
                f'{path} has pixels of value {min(other)}, which stands for '
                f'no class: 0 is none, then {self.values}.'
            )
        return values
