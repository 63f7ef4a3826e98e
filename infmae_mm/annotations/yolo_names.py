"""Names of YOLO's classes, which labels have as numbers."""

import re
from pathlib import Path

import yaml

from .error import AnnotationError
from .names import text_lines

NAME_FILES = ('classes.txt', 'obj.names', 'data.yaml', 'data.yml')
"""Files that name the classes, in the folder of labels or above it."""

_NUMBERED = re.compile(r'(\d+)(\s*:\s*|\s+)(\S.*)')  # '0: person', '0 person'


def classes_near(labels_dir: Path) -> list[str]:
    """Names by one of :data:`NAME_FILES`, in the order of their numbers.

    Raises:
        AnnotationError: If there is none, or it cannot be read.
    """
    folder = labels_dir.resolve()
    for place in (folder, *folder.parents[:2]):
        for name in NAME_FILES:
            path = place / name
            if path.is_file():
                if path.suffix != '.txt' and path.suffix != '.names':
                    return names_of_yaml(read_yaml(path), str(path))
                return _names_of_lines(path)
    raise AnnotationError(
        f'{labels_dir}: YOLO numbers its classes, and none of '
        f'{", ".join(NAME_FILES)} in or above this folder names them. Give '
        '--classes in the order of their numbers.'
    )


def _names_of_lines(path: Path) -> list[str]:
    names = text_lines(path)
    while names and not names[-1]:
        names.pop()
    if not names:
        raise AnnotationError(f'{path} names no class.')
    if '' in names:
        raise AnnotationError(
            f'{path}, line {names.index("") + 1} is empty, and lines number '
            'the classes: is it one? Name it, or remove the line.'
        )
    return _without_numbers(names, path)


def _without_numbers(names: list[str], path: Path) -> list[str]:
    """The names, where lines say the numbers that they have anyway."""
    found = [_NUMBERED.fullmatch(name) for name in names]
    # '4 wheeler' may be a name, '4: wheeler' is none
    if not all(found) and not any(
        match and ':' in match[2] for match in found
    ):
        return names
    for i, match in enumerate(found):
        if match is None or int(match[1]) != i:
            raise AnnotationError(
                f'{path}, line {i + 1} is {names[i]!r}: where lines begin '
                'with numbers, these must be 0, 1, 2 and so on, as lines '
                'number the classes. If they are parts of names, give '
                '--classes.'
            )
    return [match[3] for match in found]


def read_yaml(path: Path) -> dict:
    """Read the description of a set, which has ``names``.

    Raises:
        AnnotationError: If it is none, or of a set of key points.
    """
    try:
        content = yaml.safe_load(path.read_bytes())
    except (OSError, yaml.YAMLError) as error:
        raise AnnotationError(f'{path} cannot be read: {error}') from error
    if not isinstance(content, dict) or 'names' not in content:
        raise AnnotationError(
            f'{path} does not describe a set for YOLO: it has no names.'
        )
    if 'kpt_shape' in content:
        # lines of a box and its points can look like those of a polygon
        raise AnnotationError(
            f'{path} has kpt_shape, so its labels hold key points, which are '
            'not read: keep the first five numbers of each line, and remove '
            'kpt_shape.'
        )
    return content


def names_of_yaml(content: dict, path: str) -> list[str]:
    """Names of the classes, in the order of their numbers.

    Args:
        content (dict): See :func:`read_yaml`.
        path (str): Its file, for messages.

    Raises:
        AnnotationError: If they are not numbered through.
    """
    names = content['names']
    if isinstance(names, dict):
        # some programs write the numbers as texts
        names = {
            int(k) if str(k).isdecimal() else k: v for k, v in names.items()
        }
        if set(names) != set(range(len(names))):
            raise AnnotationError(
                f'{path}: the numbers of its names are not 0 to '
                f'{len(names) - 1}: {list(names)}.'
            )
        names = [names[i] for i in range(len(names))]
    if not isinstance(names, list) or not names:
        raise AnnotationError(f'{path}: names is no list of classes.')
    # YAML reads on, off, yes and no as true and false, '- 0: a' as a dict
    strange = [
        n
        for n in names
        if isinstance(n, bool)
        or n == ''
        or not isinstance(n, str | int | float)
    ]
    if strange:
        raise AnnotationError(
            f'{path}: names has {strange[0]!r}, which is no name. Put names '
            'into quotes.'
        )
    if str(content.get('nc', len(names))) != str(len(names)):
        raise AnnotationError(
            f'{path} has {len(names)} names and nc: {content["nc"]}.'
        )
    return [str(name) for name in names]
