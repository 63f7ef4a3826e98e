"""Names: of images and labels in folders, and in lists."""

from collections.abc import Sequence
from pathlib import Path

from ..files import read_lines, scan
from ..thermal.formats import SUFFIXES
from ..thermal.headers import image_size
from ..thermal.reading import UnreadableImageError
from .error import AnnotationError

IMAGE_FOLDERS = ('Ir', 'JPEGImages', 'images')
"""Where images lie beside the folder of annotations: M3FD, VOC, others."""


def existing_folder(path: str | Path) -> Path:
    """A folder, which must be there.

    Raises:
        AnnotationError: If it is not.
    """
    if not Path(path).is_dir():
        raise AnnotationError(f'{path}: there is no such folder.')
    return Path(path)


def image_folder(label_dir: Path, image_dir: str | None) -> Path:
    """The folder of images of a folder of annotations.

    Args:
        label_dir (Path): The folder of annotations.
        image_dir (str | None): The folder, if it is given; else the one of
            :data:`IMAGE_FOLDERS` beside ``label_dir`` is taken.

    Raises:
        AnnotationError: If it does not exist, or it is not clear which.
    """
    if image_dir is not None:
        return existing_folder(image_dir)
    parent = label_dir.resolve().parent
    found = [parent / n for n in IMAGE_FOLDERS if (parent / n).is_dir()]
    if len(found) != 1:
        raise AnnotationError(
            f'{parent} has {len(found)} of the folders '
            f'{", ".join(IMAGE_FOLDERS)}: give the images with --image-dir.'
        )
    return found[0]


def label_files(folder: Path, suffix: str) -> dict[str, Path]:
    """Files of one ending below a folder, by their paths without it.

    They are found as images are, see :func:`..files.scan`: in any case, and
    behind links.

    Raises:
        AnnotationError: If two differ in the case of their ending.
    """
    found: dict[str, Path] = {}
    for file in scan(folder, [suffix]):
        path = folder / file
        other = found.setdefault(str(Path(file).with_suffix('')), path)
        if other != path:
            raise AnnotationError(f'{other} and {path} have one name.')
    return found


def listed_names(path: str) -> dict[str, int]:
    """Names that a text file lists, with or without ending, and their lines.

    Raises:
        AnnotationError: If there is no such file, it lists no name, or one
            twice.
    """
    found: dict[str, int] = {}
    for number, name in enumerate(text_lines(path), 1):
        if not name:
            continue
        if Path(name).suffix.lower() in (*SUFFIXES, '.xml', '.txt'):
            name = str(Path(name).with_suffix(''))
        if name in found:
            raise AnnotationError(
                f'{path}, line {number}: {name} stands in line {found[name]} '
                'too.'
            )
        found[name] = number
    if not found:
        raise AnnotationError(f'{path} lists no name.')
    return found


def text_lines(path: str | Path) -> list[str]:
    """Lines of a text file, see :func:`..files.parse_lines`.

    Raises:
        AnnotationError: If it cannot be read, or is no text.
    """
    try:
        return read_lines(path)
    except OSError as error:
        raise AnnotationError(f'{path}: {error.strerror}.') from error
    except ValueError as error:
        raise AnnotationError(str(error)) from error


def images_by_name(files: Sequence[str]) -> dict[str, list[str]]:
    """Image files by their path without ending."""
    found: dict[str, list[str]] = {}
    for file in files:
        found.setdefault(str(Path(file).with_suffix('')), []).append(file)
    return found


def one_image(found: Sequence[str], label: str, image: str) -> str:
    """The one file of a name.

    Args:
        found (Sequence[str]): Files of that name.
        label (str): Its annotation, for messages.
        image (str): Where its image is looked for, for messages.

    Raises:
        AnnotationError: If there is none, or more than one.
    """
    if not found:
        raise AnnotationError(
            f'{label}: its image {image}.* is missing. Give the folder of '
            'images with --image-dir, or with --split-file a list of those '
            'that are to be converted.'
        )
    if len(found) > 1:
        raise AnnotationError(f'{label}: which image is it, {sorted(found)}?')
    return found[0]


def size_of_image(path: Path) -> tuple[int, int]:
    """Height and width as loaded; the header alone is read.

    Raises:
        AnnotationError: If it is missing or damaged.
    """
    try:
        return image_size(path)
    except UnreadableImageError as error:
        raise AnnotationError(
            f'{path}: the image cannot be read: {error.reason}'
        ) from error
