"""Boxes in the text files of YOLO: a line each, in fractions of the image.

A line is ``class x y width height``, of the centre; or ``class x1 y1 x2 y2
x3 y3 ...``, the corners of a polygon.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..thermal.dataset import scan_images
from ..thermal.formats import SUFFIXES
from .coco_values import polygon_area
from .error import AnnotationError
from .names import (
    existing_folder,
    images_by_name,
    label_files,
    one_image,
    size_of_image,
    text_lines,
)
from .records import AnnotationSource, Corners, LabelledImage
from .sequences import natural_order
from .yolo_names import NAME_FILES, classes_near

_ROUNDING = 1e-3  # of a fraction: programs write few digits


class YoloLabels(AnnotationSource):
    """Reads YOLO labels; an image without such a file has no object.

    See :func:`yolo_folder` and :func:`.yolo_set.yolo_parts`.

    Args:
        image_dir (Path): Folder that the names of images start from.
        labels (Mapping[str, Path]): The label of each image file.
        numbered (Sequence[str]): Names of the classes, in the order of their
            numbers.
        ignore_classes (Sequence[str]): Of these, classes to leave out.

    Raises:
        AnnotationError: If classes contradict each other.
    """

    def __init__(
        self,
        image_dir: Path,
        labels: Mapping[str, Path],
        numbered: Sequence[str],
        ignore_classes: Sequence[str] = (),
    ) -> None:
        self.image_dir = image_dir
        self.numbered = tuple(numbered)
        unknown = sorted({*ignore_classes} - {*numbered})
        if unknown:
            raise AnnotationError(
                f'There is no class {", ".join(unknown)} to ignore; known '
                f'are {", ".join(numbered)}.'
            )
        super().__init__(
            [name for name in numbered if name not in ignore_classes],
            ignore_classes,
        )
        self._images = images_by_name(list(labels))
        self._labels = labels

    def names(self) -> list[str]:
        """Names of all images, without ending, in natural order."""
        return sorted(self._images, key=natural_order)

    def label(self, name: str) -> str:
        """Path of the label of an image."""
        files = self._images.get(name, ())
        return str(self._labels[files[0]]) if files else f'{name}.txt'

    def read(self, name: str) -> LabelledImage:
        """Read the label of one image.

        Raises:
            AnnotationError: If a line is no box in fractions of the image,
                or names a class that does not exist.
        """
        path = self.label(name)
        file_name = one_image(
            self._images.get(name, ()), path, str(self.image_dir / name)
        )
        image = LabelledImage(
            file_name, size_of_image(self.image_dir / file_name)
        )
        # a link whose target is gone is a label that was lost
        if not os.path.lexists(path):
            image.counts['unlabelled'] += 1
            return image
        for number, line in enumerate(text_lines(path), 1):
            if line.strip():
                self._add(image, line.split(), f'{path}, line {number}')
        return image

    def _add(self, image: LabelledImage, words: list[str], where: str) -> None:
        try:
            number, *values = map(float, words)
        except ValueError:
            raise AnnotationError(
                f'{where}: {" ".join(words)[:60]!r} are not numbers, so this '
                'is no label of YOLO.'
            ) from None
        if number not in range(len(self.numbered)):
            raise AnnotationError(
                f'{where}: there is no class {words[0]}; known are 0 to '
                f'{len(self.numbered) - 1}: {", ".join(self.numbered)}.'
            )
        if len(values) != 4 and (len(values) < 6 or len(values) % 2):
            raise AnnotationError(
                f'{where}: {len(words)} numbers. A line has a class and 4 '
                'numbers, or a class and 3 or more corners of a polygon; '
                'with a score besides, it is a prediction, not a label.'
            )
        if not all(-_ROUNDING <= v <= 1 + _ROUNDING for v in values):
            raise AnnotationError(
                f'{where}: {" ".join(words[1:])[:60]} do not lie in 0 to 1. '
                'YOLO has fractions of the width and height of the image.'
            )
        class_ = self.class_of(self.numbered[int(number)], where)
        if class_ is None:
            image.counts['ignored'] += 1
            return
        height, width = image.size
        if len(values) == 4:
            image.add(class_, _box(values, width, height))
            return
        xs = [x * width for x in values[0::2]]
        ys = [y * height for y in values[1::2]]
        polygon = [v for xy in zip(xs, ys, strict=True) for v in xy]
        image.add(
            class_,
            (min(xs), min(ys), max(xs), max(ys)),
            segmentation=[polygon],
            area=polygon_area(polygon),
        )


def yolo_folder(
    labels_dir: str,
    image_dir: str | None = None,
    classes: Sequence[str] | None = None,
    ignore_classes: Sequence[str] = (),
) -> YoloLabels:
    """Labels of a folder, ``NAME.txt``, and the images of the same names.

    Args:
        labels_dir (str): The folder.
        image_dir (str, optional): Folder of the images. Defaults to the
            folder whose path has ``images`` for the last ``labels``, else
            ``images`` beside ``labels_dir``, else ``labels_dir`` itself.
        classes (Sequence[str], optional): Names of the classes, in the order
            of their numbers. Defaults to those of one of
            :data:`.yolo_names.NAME_FILES`.
        ignore_classes (Sequence[str]): Of these, classes to leave out.

    Raises:
        AnnotationError: If a folder or the names of classes are missing,
            there is no image, or a label has none.
    """
    labels = existing_folder(labels_dir)
    images = _image_folder(labels, image_dir)
    classes = classes or classes_near(labels)
    texts = label_files(labels, '.txt')
    files = {}
    for file in scan_images(str(images)):
        path = (labels / file).with_suffix('.txt')
        files[file] = texts.get(str(Path(file).with_suffix('')), path)
    if not files:
        raise AnnotationError(
            f'There is no image in {images}: looked for {", ".join(SUFFIXES)}.'
        )
    check_images(texts.values(), files.values(), images)
    return YoloLabels(images, files, classes, ignore_classes)


def check_images(
    labels: Iterable[Path], used: Iterable[Path], images: Path
) -> None:
    """See that no label is lost for want of its image.

    Args:
        labels (Iterable[Path]): Text files that were found.
        used (Iterable[Path]): Labels of the images that were found.
        images (Path): Where these lie, for messages.

    Raises:
        AnnotationError: If a label has no image.
    """
    paths = [path for path in labels if path.name not in NAME_FILES]
    alone = sorted({*paths} - {*used})
    if alone:
        raise AnnotationError(
            f'{alone[0]}: its image is missing in {images} ({len(alone)} of '
            f'{len(paths)} labels have none; looked for '
            f'{", ".join(SUFFIXES)}).'
        )


def _box(values: Sequence[float], width: int, height: int) -> Corners:
    x, y, w, h = values
    corners = (
        (x - w / 2) * width,
        (y - h / 2) * height,
        (x + w / 2) * width,
        (y + h / 2) * height,
    )
    # fractions have few digits: so whole pixels are whole again
    return tuple(round(v, 3) for v in corners)


def _image_folder(labels_dir: Path, image_dir: str | None) -> Path:
    if image_dir is not None:
        return existing_folder(image_dir)
    parts = list(labels_dir.resolve().parts)
    if 'labels' in parts:
        last = len(parts) - 1 - parts[::-1].index('labels')
        parts[last] = 'images'
    for folder in (Path(*parts), labels_dir.resolve().parent / 'images'):
        if folder != labels_dir.resolve() and folder.is_dir():
            return folder
    return labels_dir
