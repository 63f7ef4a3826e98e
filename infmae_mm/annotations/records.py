"""What every kind of annotation is read into: images with named boxes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .error import AnnotationError
from .names import listed_names

SAME_CLASS = (
    {'people', 'person', 'pedestrian'},
    {'motorcycle', 'motor', 'motorbike'},
)
"""Names of one class, lower case: sets and papers spell them differently."""

ROUNDING = 0.01
"""Pixels that are cut off a box without being told: of few digits."""

Corners = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels; right and bottom are exclusive."""


@dataclass(frozen=True)
class LabelledBox:
    """A box and its class.

    Attributes:
        name (str): Class.
        corners (Corners): Where it is, inside the image.
        segmentation (list | dict | None): Its shape as COCO has it: polygons
            or run lengths.
        crowd (bool): Whether it is a region that is left out of measures.
        area (float | None): Area of its shape in pixels, if it has one.
    """

    name: str
    corners: Corners
    segmentation: list | dict | None = None
    crowd: bool = False
    area: float | None = None


@dataclass
class LabelledImage:
    """An image and its boxes.

    Attributes:
        file_name (str): Path of the image file in the folder of images.
        size (tuple[int, int]): Height and width of the image, in pixels.
        declared_size (tuple[int, int] | None): What the annotation says of
            it, where it says something.
        boxes (list[LabelledBox]): Those that were kept.
        counts (Counter[str]): How many were clipped, dropped or marked, by
            a key of :data:`COUNTS`.
    """

    file_name: str
    size: tuple[int, int]
    declared_size: tuple[int, int] | None = None
    boxes: list[LabelledBox] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)

    def add(
        self,
        name: str,
        corners: Corners,
        segmentation: list | dict | None = None,
        crowd: bool = False,
        area: float | None = None,
    ) -> bool:
        """Keep a box, clipped to the image, unless nothing of it is inside.

        Returns:
            bool: Whether it was kept.
        """
        inside = clip(corners, self.size)
        self.counts['misfit'] += area_of(inside) < area_of(corners) / 2
        if inside is None:
            self.counts['empty'] += 1
            return False
        box = LabelledBox(name, inside, segmentation, crowd, area)
        self.counts['duplicate'] += box in self.boxes
        cut = max(abs(a - b) for a, b in zip(inside, corners, strict=True))
        self.counts['clipped'] += cut > ROUNDING
        self.boxes.append(box)
        return True


COUNTS = {
    'clipped': 'clipped at the border of the image',
    'exchanged': 'whose corners were exchanged, put in order',
    'empty': 'dropped, without area in it',
    'duplicate': 'there twice, kept',
    'ignored': 'of ignored classes',
    'difficult': "marked 'difficult', kept",
}
"""What is counted of boxes, in the words of the summary."""


class AnnotationSource:
    """Images and their boxes, whatever files they come from.

    Attributes:
        classes (tuple[str, ...]): Classes to keep, in the order of their ids.
        ignore_classes (tuple[str, ...]): Classes to leave out.
        image_dir (Path): Folder that the names of image files start from.

    Raises:
        AnnotationError: If classes contradict each other.
    """

    _images: Mapping[str, object]  # all that were found, by name

    def __init__(
        self, classes: Sequence[str], ignore_classes: Sequence[str]
    ) -> None:
        self.classes = tuple(classes)
        self.ignore_classes = tuple(ignore_classes)
        twice = set(self.classes) & set(self.ignore_classes)
        if len(set(self.classes)) < len(self.classes) or twice:
            raise AnnotationError(
                'A class can be given once only, to keep or to ignore: '
                f'{self.classes} and {self.ignore_classes}.'
            )

    def names(self) -> list[str]:
        """Names of the images, without ending, in natural order."""
        raise NotImplementedError

    def left_out(self) -> list[str]:
        """Names of the images that were found and have no annotation."""
        return sorted({*self._images} - {*self.names()})

    def read(self, name: str) -> LabelledImage:
        """Read the annotation of one image.

        Raises:
            AnnotationError: If it is broken, has an unknown class, or its
                image is missing or unreadable.
        """
        raise NotImplementedError

    def names_in(self, split_file: str) -> list[str]:
        """Names that a text file lists, one a line, in its order.

        Raises:
            AnnotationError: If there is no such file, or a name is listed
                twice or has no annotation.
        """
        known = set(self.names())
        found = listed_names(split_file)
        for name, number in found.items():
            if name not in known:
                raise AnnotationError(
                    f'{split_file}, line {number}: {name} has no '
                    f'{self.label(name)}.'
                )
        return list(found)

    def label(self, name: str) -> str:
        """What holds the boxes of an image, for messages."""
        raise NotImplementedError

    def class_of(self, name: str, where: str) -> str | None:
        """The class to keep that a name means, None for an ignored one.

        Raises:
            AnnotationError: If it is neither kept nor ignored.
        """
        # among all of them: 'person' is kept where 'people' is ignored
        found = same_class(name, (*self.classes, *self.ignore_classes))
        if found in self.ignore_classes:
            return None
        if found is None:
            raise AnnotationError(
                f'{where}: unknown class {name!r}; known are '
                f'{", ".join(self.classes)}. Give --classes to keep others, '
                '--ignore-classes to leave some out.'
            )
        return found


def clip(corners: Corners, size: tuple[int, int]) -> Corners | None:
    """The part of a box inside an image, None where there is none.

    Args:
        corners (Corners): The box.
        size (tuple[int, int]): Height and width of the image.
    """
    height, width = size
    left, top, right, bottom = (
        max(corners[0], 0.0),
        max(corners[1], 0.0),
        min(corners[2], float(width)),
        min(corners[3], float(height)),
    )
    if left >= right or top >= bottom:
        return None
    return left, top, right, bottom


def area_of(corners: Corners | None) -> float:
    """Area of a box, 0 where there is none."""
    if corners is None:
        return 0.0
    left, top, right, bottom = corners
    return (right - left) * (bottom - top)


def without(names: Iterable[str], ignored: Sequence[str]) -> list[str]:
    """The names that are not to be ignored, in any case of letters."""
    lower = {name.lower() for name in ignored}
    return [name for name in names if name.lower() not in lower]


def same_class(name: str, classes: Sequence[str]) -> str | None:
    """The class that a name in an annotation means, if it is one of these."""
    if name in classes:
        return name
    name = name.lower()
    group = next((group for group in SAME_CLASS if name in group), {name})
    for same in ({name}, group):
        found = [class_ for class_ in classes if class_.lower() in same]
        if found:
            return found[0] if len(found) == 1 else None
    return None
