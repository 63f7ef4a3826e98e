"""Finding the images of a set in folders as they were downloaded."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from ..files import fits_a_line, scan
from ..thermal.damage import printable
from ..thermal.formats import SUFFIXES

ARCHIVE_SUFFIXES = (
    '.7z',
    '.bz2',
    '.gz',
    '.rar',
    '.tar',
    '.tbz2',
    '.tgz',
    '.txz',
    '.xz',
    '.zip',
    '.zst',
)
"""File name endings (lower case) of what has to be unpacked first."""


@dataclass(frozen=True)
class Sources:
    """What was found, as absolute paths in order.

    Attributes:
        images (list[str]): Each once, even where sources overlap.
        archives (list[str]): Left aside.
        unlistable (list[str]): Images left aside, because their names cannot
            stand on a line of a list: line breaks, or no valid UTF-8.
        excluded (int): Images left out by a pattern.
        closed (dict[str, str]): Folders that cannot be listed, and why.
        others (dict[str, int]): Files that are neither image nor archive, by
            their endings, the most frequent first.
    """

    images: list[str]
    archives: list[str]
    unlistable: list[str]
    excluded: int = 0
    closed: dict[str, str] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)


def find_sources(
    sources: Sequence[str], exclude: Sequence[str] = ()
) -> Sources:
    """Find images and archives below folders.

    Hidden files and folders are skipped. Links are followed to images, see
    :func:`~infmae_mm.files.scan`.

    Args:
        sources (Sequence[str]): Folders; images and archives themselves.
        exclude (Sequence[str]): Patterns (``*``, ``?``, ``[...]``) of images
            that are left out: of the path from its source on, or of the name
            of the file or of a folder on that path. Of a source that is an
            image itself, of its name.

    Raises:
        FileNotFoundError: If a source does not exist.
        OSError: If a source cannot be listed; a folder below one is told of.
        ValueError: If one is a file that is neither image nor archive, or a
            pattern fits no image.
    """
    images, archives, others = set(), set(), set()
    unused, excluded = set(exclude), set()
    closed: dict[str, str] = {}

    def take(folder: str, name: str) -> None:
        fitting = [p for p in exclude if _fits(name, p)]
        unused.difference_update(fitting)
        chosen = excluded if fitting else images
        chosen.add(os.path.join(folder, name))

    for source in sources:
        path = os.path.abspath(source)
        if os.path.isdir(path):
            for name in scan(path, [''], closed):
                if name.lower().endswith(SUFFIXES):
                    take(path, name)
                    continue
                is_archive = name.lower().endswith(ARCHIVE_SUFFIXES)
                left = archives if is_archive else others
                left.add(os.path.join(path, name))
        elif not os.path.lexists(path):
            raise FileNotFoundError(f'There is no folder {source}.')
        elif path.lower().endswith(SUFFIXES):
            take(*os.path.split(path))
        elif path.lower().endswith(ARCHIVE_SUFFIXES):
            archives.add(path)
        else:
            raise ValueError(
                f'{source} is neither a folder, nor an image '
                f'({", ".join(SUFFIXES)}), nor an archive.'
            )
    if unused:
        raise ValueError(
            f'--exclude {" ".join(sorted(unused))} fits no image. Patterns '
            'are of the path below a source, or of the name of a file or '
            "folder on it: 'masks', '*_mask.png', 'a/b/*'."
        )
    images -= excluded
    listable = {path for path in images if fits_a_line(path)}
    return Sources(
        sorted(listable),
        sorted(archives),
        sorted(images - listable),
        len(excluded),
        closed,
        dict(Counter(sorted(map(_ending, others))).most_common()),
    )


def _ending(path: str) -> str:
    ending = os.path.splitext(path)[1].lower()
    if ending[1:].isdecimal():  # the number of a frame or a date
        ending = ''
    return printable(ending) or 'without ending'


def _fits(path: str, pattern: str) -> bool:
    return any(fnmatchcase(p, pattern) for p in (path, *path.split('/')))
