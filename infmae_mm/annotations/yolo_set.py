"""Whole sets in YOLO's layout: read by ``data.yaml``, and written."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from ..thermal.dataset import scan_images
from .error import AnnotationError
from .names import label_files, text_lines
from .records import LabelledImage
from .yolo import YoloLabels, check_images
from .yolo_names import names_of_yaml, read_yaml

PARTS = ('train', 'val', 'test')
"""Parts of a set, as ``data.yaml`` names them."""


def yolo_parts(
    path: str,
    image_dir: str | None = None,
    classes: Sequence[str] | None = None,
    ignore_classes: Sequence[str] = (),
) -> dict[str, YoloLabels]:
    """The parts of a set that ``data.yaml`` describes.

    It has ``names``, and ``train``, ``val`` or ``test``: a folder of images,
    relative to its ``path`` or to the file itself, whose labels lie in the
    folder beside it, with ``labels`` for ``images`` in its path.

    Args:
        path (str): The file.
        image_dir (str, optional): Folder that names of images start from.
            Defaults to that of the file, or to ``path``, or to the one that
            all parts have in common: the first in which all images lie.
        classes (Sequence[str], optional): Names of the classes. Defaults to
            ``names``.
        ignore_classes (Sequence[str]): Of these, classes to leave out.

    Returns:
        dict[str, YoloLabels]: By 'train', 'val' and 'test'.

    Raises:
        AnnotationError: If it is none, what it names is missing, or a label
            in the folder beside one of images has no image.
    """
    content = read_yaml(Path(path))
    names = classes or names_of_yaml(content, path)
    folder = Path(path).absolute().parent
    base = folder / str(content.get('path') or '.')
    images: dict[str, list[Path]] = {}
    folders: list[Path] = []
    for part in PARTS:
        places = content.get(part) or []
        for place in [places] if isinstance(places, str) else places:
            place = str(place).replace('\\', '/')  # of Windows
            # as written on another machine, and as Roboflow writes them
            tried = (
                base / place,
                folder / place,
                folder / place.removeprefix('../'),
            )
            found = next((p for p in tried if p.exists()), None)
            if found is None:
                raise AnnotationError(
                    f'{path} names {place} as {part}, and there is no such '
                    f'folder or list in {folder}. Correct it.'
                )
            images.setdefault(part, []).extend(_images_of_part(found, base))
            folders += [_plain(found)] * found.is_dir()
    every = [image for part in images.values() for image in part]
    if not every:
        raise AnnotationError(
            f'{path} names no folder of images: it needs train, val or test.'
        )
    root = _root_of(every, [image_dir] if image_dir else [folder, base])
    if image_dir and root != _plain(image_dir):
        raise AnnotationError(
            f'{path} names images that do not lie in {image_dir}: give '
            f'--image-dir {root}, or leave it out.'
        )
    labels = {image: _label_of(image) for image in every}
    for place in folders:
        texts = _label_of(place / 'a.png').parent
        if texts.is_dir():
            there = label_files(texts, '.txt').values()
            check_images(there, labels.values(), place)
    return {
        part: YoloLabels(
            root,
            {
                image.relative_to(root).as_posix(): labels[image]
                for image in part_images
            },
            names,
            ignore_classes,
        )
        for part, part_images in images.items()
        if part_images
    }


def write_yolo(
    out: Path,
    parts: Mapping[str, tuple[Path, Sequence[LabelledImage]]],
    classes: Sequence[str],
) -> None:
    """Write labels, links to the images, and ``data.yaml``.

    ``images/PART/NAME.jpg`` are links to the image files, as these programs
    look for labels in the folder beside them, ``labels/PART/NAME.txt``. The
    folder appears when all of it is written.

    Args:
        out (Path): New or empty folder.
        parts (Mapping): Of each part: the folder of the images, and its
            images.
        classes (Sequence[str]): In the order of their numbers.

    Raises:
        AnnotationError: If an image lies outside the folder of images.
        OSError: If it cannot be written. Nothing is left in both cases.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=f'.{out.name}.', dir=out.parent
    ) as folder:
        root = _plain(Path(folder) / out.name)
        for part, (image_dir, images) in parts.items():
            for image in images:
                if not _plain(root / image.file_name).is_relative_to(root):
                    raise AnnotationError(
                        f'{image.file_name} lies outside {image_dir}: give '
                        'the folder of all images with --image-dir.'
                    )
                link = root / 'images' / part / image.file_name
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to((image_dir / image.file_name).resolve())
                label = root / 'labels' / part / image.file_name
                label = label.with_suffix('.txt')
                label.parent.mkdir(parents=True, exist_ok=True)
                label.write_text(yolo_lines(image, classes))
        description = dict(
            path=str(out.resolve()),
            **{part: f'images/{part}' for part in parts},
            names=dict(enumerate(classes)),
        )
        text = yaml.safe_dump(description, sort_keys=False, allow_unicode=True)
        (root / 'data.yaml').write_text(text, 'utf-8')
        if out.is_dir():
            out.rmdir()  # it is empty
        os.replace(root, out)


def yolo_lines(image: LabelledImage, classes: Sequence[str]) -> str:
    """The label of an image as YOLO has it, boxes only.

    Args:
        image (LabelledImage): Boxes inside the image.
        classes (Sequence[str]): In the order of their numbers.

    Returns:
        str: A line for each box: its class, centre, width and height, as
        fractions with eight digits, which is 1e-5 of a pixel. Regions that
        are left out of measures (``iscrowd``) have no place in it.
    """
    height, width = image.size
    lines = []
    for box in image.boxes:
        if box.crowd:
            continue
        left, top, right, bottom = box.corners
        values = (
            (left + right) / 2 / width,
            (top + bottom) / 2 / height,
            (right - left) / width,
            (bottom - top) / height,
        )
        numbers = ' '.join(f'{value:.8f}' for value in values)
        lines.append(f'{list(classes).index(box.name)} {numbers}\n')
    return ''.join(lines)


def _root_of(images: Sequence[Path], folders: Sequence[str | Path]) -> Path:
    """The first folder in which all images lie, or what they share."""
    for folder in map(_plain, folders):
        if all(image.is_relative_to(folder) for image in images):
            return folder
    return Path(os.path.commonpath([image.parent for image in images]))


def _plain(path: str | Path) -> Path:
    """Without ``..``, and with links as they are: names may be theirs."""
    return Path(os.path.abspath(path))


def _images_of_part(place: Path, base: Path) -> list[Path]:
    """Image files of a folder, or of a list with a path a line."""
    if place.is_dir():
        return [_plain(place / file) for file in scan_images(str(place))]
    images = []
    for line in filter(None, text_lines(place)):
        plain = line.replace('\\', '/')  # of Windows
        tried = [d / p for p in (line, plain) for d in (place.parent, base)]
        found = next((p for p in tried if p.is_file()), None)
        if found is None:
            raise AnnotationError(
                f'{place} lists {line}, and there is no such image in '
                f'{place.parent}.'
            )
        images.append(_plain(found))
    return images


def _label_of(image: Path) -> Path:
    """The label: ``labels`` for the last ``images`` of the path."""
    parts = list(image.parts)
    for i in reversed(range(len(parts) - 1)):
        if parts[i] == 'images':
            parts[i] = 'labels'
            break
    label = Path(*parts).with_suffix('.txt')
    upper = label.with_suffix('.TXT')
    return upper if upper.is_file() and not label.is_file() else label
