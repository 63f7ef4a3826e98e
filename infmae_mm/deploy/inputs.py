"""What is to be predicted: files, folders, lists and videos."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..files import read_list, scan
from ..thermal.damage import printable
from ..thermal.formats import SUFFIXES
from .videos import VIDEO_SUFFIXES

_LONGEST = 200  # bytes of a name: file systems take 255, with all endings


class InputError(ValueError):
    """A request for predictions that cannot be met."""


@dataclass(frozen=True)
class Item:
    """One file to predict on.

    Attributes:
        path (str): Where it is.
        name (str): What tables call it: its path below the inputs, of what
            a list names elsewhere the whole one; what is no text is escaped.
        key (str): Its name among the results, which no other file has.
    """

    path: str
    name: str
    key: str

    @property
    def is_video(self) -> bool:
        """Whether it is opened as a video."""
        return self.path.lower().endswith(VIDEO_SUFFIXES)


def find_items(inputs: Sequence[str], out_dir: str) -> list[Item]:
    """List the files of inputs, each once, in order.

    Folders are searched at any depth for images and videos, hidden names and
    other files aside. A list is a ``.txt`` file of paths, one a line,
    absolute or relative to the folder of the list.

    Args:
        inputs (Sequence[str]): Files, folders and lists.
        out_dir (str): Where results go: it must not be inside a folder
            of inputs, or the next run takes them for images.

    Raises:
        InputError: If an input does not exist or is none of these, or if
            there is no image in all of them.
    """
    found: dict[str, None] = {}
    for source in inputs:
        for path in _files_of(source, out_dir):
            found.setdefault(os.path.abspath(path))
    if not found:
        raise InputError(
            f'There is no image and no video in {", ".join(inputs)}: looked '
            f'for {", ".join(SUFFIXES + VIDEO_SUFFIXES)}.'
        )
    roots = [
        os.path.abspath(s if os.path.isdir(s) else os.path.dirname(s) or '.')
        for s in inputs
    ]
    root = os.path.commonpath(roots)
    names = [_name_below(path, root) for path in found]
    # what lies elsewhere keeps all of its folders
    keys = unique_keys([os.path.splitdrive(n)[1].lstrip('/') for n in names])
    return [
        Item(path, printable(name), key)
        for path, name, key in zip(found, names, keys, strict=True)
    ]


def _files_of(source: str, out_dir: str) -> Iterator[str]:
    lower = source.lower()
    if os.path.isdir(source):
        inside = os.path.realpath(out_dir) + os.sep
        if inside.startswith(os.path.realpath(source) + os.sep):
            raise InputError(
                f'The results, {out_dir}, would lie in the folder of images '
                f'{source}: choose another folder for them.'
            )
        yield from scan_files(source, True)
    elif not os.path.isfile(source):
        raise InputError(f'{source}: there is no such file or folder.')
    elif lower.endswith('.txt'):
        folder = os.path.dirname(source)
        for line in _read_list(source):
            yield os.path.join(folder, line)
    elif lower.endswith(SUFFIXES + VIDEO_SUFFIXES):
        yield source
    else:
        raise InputError(
            f'{source} is neither an image ({", ".join(SUFFIXES)}), nor a '
            f'video ({", ".join(VIDEO_SUFFIXES)}), nor a list (.txt).'
        )


def scan_files(folder: str, videos: bool = False) -> Iterator[str]:
    """Paths of the images below a folder, see :func:`..files.scan`.

    Args:
        folder (str): The folder.
        videos (bool): Whether videos are wanted too. Defaults to False.

    Raises:
        InputError: If a folder cannot be opened.
    """
    suffixes = SUFFIXES + VIDEO_SUFFIXES if videos else SUFFIXES
    try:
        for name in scan(folder, suffixes):
            yield os.path.join(folder, name)
    except OSError as error:
        raise InputError(f'{error.filename}: {error.strerror}.') from error


def _read_list(path: str) -> list[str]:
    try:
        return read_list(path)
    except OSError as error:
        raise InputError(f'{path}: {error.strerror}.') from error
    except ValueError as error:
        raise InputError(str(error)) from error


def _name_below(path: str, root: str) -> str:
    """The path below the folder of all inputs, with ``/`` in it.

    Of what a list names elsewhere the whole path, which no other file has.
    """
    name = os.path.relpath(path, root)
    if name.split(os.sep)[0] == os.pardir:
        name = path
    return name.replace(os.sep, '/')


def unique_keys(names: Sequence[str]) -> list[str]:
    """A name for the results of each file: no two share one.

    It is the file's own name without ending; with it where two files of a
    folder differ by nothing else, and for videos, whose frames lie in a
    folder of that name. A name too long for what is appended to it is cut,
    and gets a digest. No result has the name of a folder of results.
    """
    folders = _folders_of(names)
    stems = [os.path.splitext(name)[0] for name in names]
    counts = Counter(stem.casefold() for stem in stems)
    keys, taken = [], set()
    for name, stem in zip(names, stems, strict=True):
        alone = counts[stem.casefold()] == 1
        video = name.lower().endswith(VIDEO_SUFFIXES)
        key = _shortened(stem if alone and not video else name)
        ends = ('', '.mp4') if video else ('.png',)
        while key.casefold() in taken or any(
            (key + end).casefold() in folders for end in ends
        ):
            key += '_'
        taken.add(key.casefold())
        keys.append(key)
    return keys


def _folders_of(names: Sequence[str]) -> set[str]:
    """The folders that names lie in, at every depth, in one case."""
    folders: set[str] = set()
    for folder in {os.path.dirname(name).casefold() for name in names}:
        while folder and folder not in folders:
            folders.add(folder)
            folder = os.path.dirname(folder)
    return folders


def _shortened(key: str) -> str:
    folder, name = os.path.split(key)
    data = os.fsencode(name)
    if len(data) <= _LONGEST:
        return key
    start = data[: _LONGEST - 17].decode('utf-8', 'ignore')
    digest = hashlib.sha256(data).hexdigest()[:16]
    return os.path.join(folder, f'{start}~{digest}')
