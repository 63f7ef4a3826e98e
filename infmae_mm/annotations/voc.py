"""Boxes in the XML of Pascal VOC, as COCO JSON; needs no mmdet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image, UnidentifiedImageError

from ..classes import M3FD_CLASSES
from ..files import read_list
from ..thermal.reading import SUFFIXES
from .sequences import natural_order

SAME_CLASS = (
    {'people', 'person', 'pedestrian'},
    {'motorcycle', 'motor', 'motorbike'},
)
"""Names of one class, lower case: sets and papers spell them differently."""

IMAGE_FOLDERS = ('Ir', 'JPEGImages', 'images')
"""Where images lie beside the folder of annotations: M3FD, VOC, others."""

_ORIENTATION = 0x0112  # of EXIF; 5 to 8 are turned by 90 degrees


class VocError(ValueError):
    """Annotations that cannot be converted; names the file."""


@dataclass
class VocImage:
    """An image and its boxes.

    Attributes:
        file_name (str): Name of the image file, without its folder.
        size (tuple[int, int]): Height and width of the image, in pixels.
        declared_size (tuple[int, int] | None): What the XML says of it.
        names (list[str]): Class of each box.
        boxes (list[tuple[float, ...]]): Left, top, right, bottom of each, in
            pixels, inside the image; right and bottom exclusive.
        clipped (int): Boxes that were cut at the border of the image.
        empty (int): Boxes without area in the image, which were dropped.
        ignored (int): Boxes of ignored classes, which were dropped.
        difficult (int): Boxes marked as difficult, which were kept.
        at_zero (int): Boxes with a 0 for their left or top in the XML.
    """

    file_name: str
    size: tuple[int, int]
    declared_size: tuple[int, int] | None = None
    names: list[str] = field(default_factory=list)
    boxes: list[tuple[float, ...]] = field(default_factory=list)
    clipped: int = 0
    empty: int = 0
    ignored: int = 0
    difficult: int = 0
    at_zero: int = 0


class VocFolder:
    """Reads a folder of VOC annotations.

    Args:
        xml_dir (str): Folder of ``NAME.xml``.
        image_dir (str, optional): Folder of the images, ``NAME.png`` or
            another ending. Defaults to the one folder of
            :data:`IMAGE_FOLDERS` that lies beside ``xml_dir``.
        classes (Sequence[str]): Classes to keep.
        ignore_classes (Sequence[str]): Classes to leave out.
        first_pixel (int): Coordinates of the upper left pixel. 1 as in
            Pascal VOC, where right and bottom are the last pixels of the
            box; 0 where they are the first ones outside of it.

    Raises:
        VocError: If a folder is missing, or classes contradict each other.
    """

    def __init__(
        self,
        xml_dir: str,
        image_dir: str | None = None,
        classes: Sequence[str] = M3FD_CLASSES,
        ignore_classes: Sequence[str] = (),
        first_pixel: int = 1,
    ) -> None:
        self.xml_dir = Path(xml_dir)
        if not self.xml_dir.is_dir():
            raise VocError(f'{xml_dir}: there is no such folder.')
        self.image_dir = _image_folder(self.xml_dir, image_dir)
        self.classes = tuple(classes)
        self.ignore_classes = tuple(ignore_classes)
        self.first_pixel = first_pixel
        twice = sorted(set(self.classes) & set(self.ignore_classes))
        if len(set(self.classes)) < len(self.classes) or twice:
            raise VocError(
                'A class can be given once only, to keep or to ignore: '
                f'{self.classes} and {self.ignore_classes}.'
            )
        self._images: dict[str, list[str]] = {}
        for path in self.image_dir.iterdir():
            if path.suffix.lower() in SUFFIXES:
                self._images.setdefault(path.stem, []).append(path.name)

    def names(self) -> list[str]:
        """Names of all annotation files, without ending, in natural order.

        Raises:
            VocError: If there is none.
        """
        names = [path.stem for path in self.xml_dir.glob('*.xml')]
        if not names:
            raise VocError(f'{self.xml_dir}: there is no .xml file in it.')
        return sorted(names, key=natural_order)

    def names_in(self, split_file: str) -> list[str]:
        """Names that a text file lists, one a line, in its order.

        Raises:
            VocError: If there is no such file, or a name is listed twice or
                has no annotation.
        """
        try:
            lines = read_list(split_file)
        except OSError as error:
            raise VocError(f'{split_file}: {error.strerror}.') from error
        except ValueError as error:
            raise VocError(str(error)) from error
        names: dict[str, int] = {}
        for number, name in enumerate(lines, 1):
            if Path(name).suffix.lower() in (*SUFFIXES, '.xml'):
                name = Path(name).stem
            place = f'{split_file}, name {number}: {name}'
            if name in names:
                raise VocError(f'{place} is name {names[name]} too.')
            if not self._xml(name).is_file():
                raise VocError(f'{place} has no {self._xml(name)}.')
            names[name] = number
        if not names:
            raise VocError(f'{split_file} lists no name.')
        return list(names)

    def read(self, name: str) -> VocImage:
        """Read the annotation of one image.

        Raises:
            VocError: If the XML is broken, a class is unknown, or the image
                is missing or unreadable.
        """
        path = self._xml(name)
        try:
            root = ElementTree.parse(path).getroot()
        except (ElementTree.ParseError, OSError) as error:
            raise VocError(f'{path}: broken XML: {error}') from error
        file_name = self._image(path)
        image = VocImage(
            file_name, _image_size(self.image_dir / file_name), _size_of(root)
        )
        for node in root.iter('object'):
            self._add(image, node, path)
        return image

    def _add(
        self, image: VocImage, node: ElementTree.Element, path: Path
    ) -> None:
        name = (node.findtext('name') or '').strip()
        if _class_of(name, self.ignore_classes):
            image.ignored += 1
            return
        class_ = _class_of(name, self.classes)
        if class_ is None:
            raise VocError(
                f'{path}: unknown class {name!r}; known are '
                f'{", ".join(self.classes)}. Give --classes to keep others, '
                '--ignore-classes to leave some out.'
            )
        corners = [
            _number(node, f'bndbox/{key}', path)
            for key in ('xmin', 'ymin', 'xmax', 'ymax')
        ]
        image.at_zero += min(corners[:2]) == 0
        first, (height, width) = self.first_pixel, image.size
        box = (corners[0] - first, corners[1] - first, *corners[2:])
        inside = (
            max(box[0], 0.0),
            max(box[1], 0.0),
            min(box[2], float(width)),
            min(box[3], float(height)),
        )
        if inside[0] >= inside[2] or inside[1] >= inside[3]:
            image.empty += 1
            return
        image.clipped += inside != box
        image.difficult += (node.findtext('difficult') or '0').strip() == '1'
        image.names.append(class_)
        image.boxes.append(inside)

    def _xml(self, name: str) -> Path:
        return self.xml_dir / f'{name}.xml'

    def _image(self, path: Path) -> str:
        found = self._images.get(path.stem, [])
        if not found:
            raise VocError(
                f'{path}: its image {self.image_dir / path.stem}.* is missing.'
            )
        if len(found) > 1:
            raise VocError(f'{path}: which image is it, {sorted(found)}?')
        return found[0]


def to_coco(images: Sequence[VocImage], classes: Sequence[str]) -> dict:
    """Images and boxes as COCO has them; ids count from 1.

    Args:
        images (Sequence[VocImage]): In the order of their ids.
        classes (Sequence[str]): In the order of their ids.

    Returns:
        dict: ``images``, ``annotations`` and ``categories``. A box is
        left, top, width, height in pixels.
    """
    ids = {name: i for i, name in enumerate(classes, 1)}
    coco: dict[str, list] = dict(
        images=[],
        annotations=[],
        categories=[dict(id=i, name=name) for name, i in ids.items()],
    )
    for image_id, image in enumerate(images, 1):
        height, width = image.size
        coco['images'].append(
            dict(
                id=image_id,
                file_name=image.file_name,
                width=width,
                height=height,
            )
        )
        for name, box in zip(image.names, image.boxes, strict=True):
            left, top, right, bottom = box
            coco['annotations'].append(
                dict(
                    id=len(coco['annotations']) + 1,
                    image_id=image_id,
                    category_id=ids[name],
                    bbox=[left, top, right - left, bottom - top],
                    area=(right - left) * (bottom - top),
                    iscrowd=0,
                )
            )
    return coco


def _class_of(name: str, classes: Sequence[str]) -> str | None:
    """The class that a name in an annotation means, if it is one of these."""
    if name in classes:
        return name
    name = name.lower()
    same = next((group for group in SAME_CLASS if name in group), {name})
    found = [class_ for class_ in classes if class_.lower() in same]
    return found[0] if len(found) == 1 else None


def _image_folder(xml_dir: Path, image_dir: str | None) -> Path:
    if image_dir is not None:
        if not Path(image_dir).is_dir():
            raise VocError(f'{image_dir}: there is no such folder.')
        return Path(image_dir)
    parent = xml_dir.resolve().parent
    found = [parent / n for n in IMAGE_FOLDERS if (parent / n).is_dir()]
    if len(found) != 1:
        raise VocError(
            f'{parent} has {len(found)} of the folders '
            f'{", ".join(IMAGE_FOLDERS)}: give the images with --image-dir.'
        )
    return found[0]


def _image_size(path: Path) -> tuple[int, int]:
    """Height and width as loaded; the header alone is read."""
    try:
        with Image.open(path) as image:
            height, width = image.height, image.width
            on_its_side = image.getexif().get(_ORIENTATION, 1) > 4
    except (OSError, UnidentifiedImageError) as error:
        raise VocError(f'{path}: the image cannot be read: {error}') from error
    return (width, height) if on_its_side else (height, width)


def _size_of(root: ElementTree.Element) -> tuple[int, int] | None:
    """Height and width that an annotation gives, if it gives any."""
    texts = [root.findtext(f'size/{key}') for key in ('height', 'width')]
    if not all(text and text.strip().isdigit() for text in texts):
        return None
    height, width = (int(text) for text in texts)
    return (height, width) if height and width else None


def _number(node: ElementTree.Element, key: str, path: Path) -> float:
    text = node.findtext(key)
    try:
        value = float(text or '')
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise VocError(f'{path}: {key} is {text!r}, not a number.')
    return value
