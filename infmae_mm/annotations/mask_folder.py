"""The boxes of what masks and label maps show."""

import os
from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from ..thermal.dataset import scan_images
from .error import AnnotationError
from .masks import PaletteChecker, read_label_values, read_mask
from .names import (
    existing_folder,
    image_folder,
    images_by_name,
    one_image,
    size_of_image,
)
from .records import AnnotationSource, LabelledImage
from .sequences import natural_order


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
        self.mask_dir = existing_folder(mask_dir)
        self.image_dir = image_folder(self.mask_dir, image_dir)
        self.values = dict(enumerate(classes, 1))
        self._check_palette = PaletteChecker()
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
            AnnotationError: If it cannot be read, is the image itself or of
                another size, or has a value that stands for no class.
        """
        path = self.label(name)
        file_name = one_image(
            self._images.get(name, ()), path, str(self.image_dir / name)
        )
        image = LabelledImage(
            file_name, size_of_image(self.image_dir / file_name)
        )
        if os.path.samefile(path, self.image_dir / file_name):
            raise AnnotationError(
                f'{path} is an image and its own mask: give the folder of '
                'masks, and that of the images with --image-dir.'
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
            self._check_palette(path)
        except ValueError as error:
            raise AnnotationError(str(error)) from error
        other = set(np.unique(values).tolist()) - {0, *self.values}
        if other:
            raise AnnotationError(
                f'{path} has pixels of value {min(other)}, which stands for '
                f'no class: 0 is none, then {self.values}.'
            )
        return values
