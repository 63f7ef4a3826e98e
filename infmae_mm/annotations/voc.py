"""Boxes in the XML of Pascal VOC."""

import codecs
import math
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from ..classes import M3FD_CLASSES
from ..thermal.dataset import scan_images
from .error import AnnotationError
from .names import (
    existing_folder,
    image_folder,
    images_by_name,
    label_files,
    one_image,
    size_of_image,
)
from .records import AnnotationSource, LabelledImage, without
from .sequences import natural_order

_DECLARATION = re.compile(r'<\?xml[^>]*?encoding=["\']([^"\']+)["\'][^>]*?\?>')
_WIDE = re.compile(r'(utf|ucs).?(16|32|2|4)', re.IGNORECASE)
_MARKS = {
    codecs.BOM_UTF8: 'utf-8-sig',
    codecs.BOM_UTF16_LE: 'utf-16',
    codecs.BOM_UTF16_BE: 'utf-16',
}
_REPLACED = '\ufffd'  # stands for bytes that mean nothing


class VocFolder(AnnotationSource):
    """Reads a folder of VOC annotations, ``NAME.xml``.

    Args:
        xml_dir (str): The folder.
        image_dir (str, optional): Folder of the images, ``NAME.png`` or
            another ending. Defaults to the one folder of
            :data:`.names.IMAGE_FOLDERS` that lies beside ``xml_dir``.
        classes (Sequence[str], optional): Classes to keep. None takes all
            that the files name, sorted.
        ignore_classes (Sequence[str]): Classes to leave out.
        first_pixel (int): Coordinates of the upper left pixel. 1 as in
            Pascal VOC, where right and bottom are the last pixels of the
            box; 0 where they are the first ones outside of it.

    Raises:
        AnnotationError: If a folder is missing, or classes contradict each
            other.
    """

    def __init__(
        self,
        xml_dir: str,
        image_dir: str | None = None,
        classes: Sequence[str] | None = M3FD_CLASSES,
        ignore_classes: Sequence[str] = (),
        first_pixel: int = 1,
    ) -> None:
        self.xml_dir = existing_folder(xml_dir)
        self.image_dir = image_folder(self.xml_dir, image_dir)
        self._labels = label_files(self.xml_dir, '.xml')
        if classes is None:
            classes = self._classes_of_files(ignore_classes)
        super().__init__(classes, ignore_classes)
        self.first_pixel = first_pixel
        self._images = images_by_name(list(scan_images(str(self.image_dir))))

    def names(self) -> list[str]:
        """Names of all annotation files, without ending, in natural order.

        Raises:
            AnnotationError: If there is none.
        """
        if not self._labels:
            raise AnnotationError(
                f'{self.xml_dir}: there is no .xml file in it.'
            )
        return sorted(self._labels, key=natural_order)

    def label(self, name: str) -> str:
        """Path of the XML of an image."""
        return str(self._labels.get(name, self.xml_dir / f'{name}.xml'))

    def read(self, name: str) -> LabelledImage:
        """Read the annotation of one image.

        Raises:
            AnnotationError: If the XML is broken or no annotation, a class
                is unknown, or the image is missing or unreadable.
        """
        path = self.label(name)
        root = read_xml(Path(path))
        file_name = one_image(
            self._images.get(name, ()), path, str(self.image_dir / name)
        )
        image = LabelledImage(
            file_name, size_of_image(self.image_dir / file_name)
        )
        image.declared_size = _size_of(root)
        for node in root.iter('object'):
            self._add(image, node, path)
        return image

    def _add(
        self, image: LabelledImage, node: ElementTree.Element, path: str
    ) -> None:
        class_ = self.class_of(_name_of(node, path), path)
        if class_ is None:
            image.counts['ignored'] += 1
            return
        corners = [
            _number(node, f'bndbox/{key}', path)
            for key in ('xmin', 'ymin', 'xmax', 'ymax')
        ]
        if max(corners) <= 1 and any(value % 1 for value in corners):
            raise AnnotationError(
                f'{path}: the box {corners} is in fractions of the image. '
                'Pascal VOC has pixels: multiply by its width and height.'
            )
        first = self.first_pixel
        exchanged = [i for i in (0, 1) if corners[i + 2] < corners[i] - first]
        for i in exchanged:
            corners[i], corners[i + 2] = corners[i + 2], corners[i]
        image.counts['exchanged'] += bool(exchanged)
        self._check_size(image, corners, path)
        image.counts['at_zero'] += min(corners[:2]) == 0
        corners = (corners[0] - first, corners[1] - first, *corners[2:])
        kept = image.add(class_, corners)
        difficult = (node.findtext('difficult') or '0').strip() == '1'
        image.counts['difficult'] += kept and difficult

    @staticmethod
    def _check_size(
        image: LabelledImage, corners: Sequence[float], path: str
    ) -> None:
        """Refuse boxes that were drawn on a picture of another size."""
        declared = image.declared_size
        if declared in (None, image.size):
            return
        if _fits(corners, declared) and not _fits(corners, image.size):
            (height, width), (h, w) = declared, image.size
            raise AnnotationError(
                f'{path}: the box {list(corners)} fits the {width}x{height} '
                f'pixels that the file tells of, and not the {w}x{h} of its '
                f'image {image.file_name}: give the images that were '
                'labelled, or boxes in their pixels.'
            )

    def _classes_of_files(self, ignored: Sequence[str]) -> list[str]:
        found = {
            _name_of(node, self.label(name))
            for name in self.names()
            for node in read_xml(Path(self.label(name))).iter('object')
        }
        found = without(found, ignored)
        for name in found:
            others = {n for n in found if n.lower() == name.lower()} - {name}
            if others:
                raise AnnotationError(
                    f'{self.xml_dir} has the classes {name!r} and '
                    f'{others.pop()!r}: give --classes with one of them if '
                    'they are one, or with both.'
                )
        return sorted(found)


def _fits(corners: Sequence[float], size: tuple[int, int]) -> bool:
    height, width = size
    return corners[2] <= width + 1 and corners[3] <= height + 1


def read_xml(path: Path) -> ElementTree.Element:
    """Read an annotation in any encoding that its first line names.

    Bytes that are not of that encoding are replaced: what is read of an
    annotation are numbers and class names, and these are checked.

    Raises:
        AnnotationError: If the file cannot be read, is no XML, or no
            annotation of Pascal VOC.
    """
    try:
        # decoded here, as the parser knows few encodings
        text = _decoded(path.read_bytes(), path).lstrip()
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, OSError) as error:
        if isinstance(error, AnnotationError):
            raise
        raise AnnotationError(f'{path}: broken XML: {error}') from error
    if root.tag != 'annotation' and next(root.iter('object'), None) is None:
        raise AnnotationError(
            f'{path} is no annotation of Pascal VOC: it holds a '
            f'<{root.tag}>, not an <annotation>.'
        )
    for node in root.iter():
        if node.tag != 'object' and node.tag.lower() == 'object':
            raise AnnotationError(
                f'{path} has an <{node.tag}>, which Pascal VOC writes as '
                '<object>.'
            )
    return root


def _decoded(content: bytes, path: Path) -> str:
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, 'replace')
    if content[:4] in (b'<\0?\0', b'\0<\0?'):
        order = 'le' if content[0] else 'be'
        return content.decode(f'utf-16-{order}', 'replace')
    match = _DECLARATION.search(content[:200].decode('latin-1'))
    encoding = match[1] if match else 'utf-8'
    if _WIDE.match(encoding):
        # it could not be read byte by byte if it were: so does .NET write
        encoding = 'utf-8'
    try:
        return content.decode(encoding, 'replace')
    except LookupError:
        # a name of no encoding, such as 'ansi': what is in ASCII is certain
        if content.isascii():
            return content.decode('ascii')
        raise AnnotationError(
            f'{path}: its first line names the encoding {encoding!r}, which '
            'says nothing of how its letters are stored. Save it as UTF-8.'
        ) from None


def _name_of(node: ElementTree.Element, path: str) -> str:
    name = (node.findtext('name') or '').strip()
    if _REPLACED in name:
        raise AnnotationError(
            f'{path}: the class {name!r} is not in the encoding that the '
            'first line of the file names. Save it as UTF-8.'
        )
    return name


def _size_of(root: ElementTree.Element) -> tuple[int, int] | None:
    """Height and width that an annotation gives, if it gives any."""
    texts = [root.findtext(f'size/{key}') for key in ('height', 'width')]
    if not all(text and text.strip().isdigit() for text in texts):
        return None
    height, width = (int(text) for text in texts)
    return (height, width) if height and width else None


def _number(node: ElementTree.Element, key: str, path: str) -> float:
    text = node.findtext(key)
    try:
        value = float(text or '')
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise AnnotationError(f'{path}: {key} is {text!r}, not a number.')
    return value
