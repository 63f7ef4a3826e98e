"""What is to be predicted: files, folders, lists and videos."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..files import read_list, scan
from ..thermal.formats import SUFFIXES

VIDEO_SUFFIXES = ('.avi', '.m4v', '.mkv', '.mov', '.mp4', '.mpeg', '.mpg')
"""File name endings (lower case) that are opened as videos."""


class InputError(ValueError):
    """A request for predictions that cannot be met."""


@dataclass(frozen=True)
class Item:
    """One file to predict on.

    Attributes:
        path (str): Where it is.
        name (str): What tables call it: its path below the inputs.
        key (str): Its name among the results, which no other file has.
    """

    path: str
    name: str
    key: str

    @property
    def is_video(self) -> bool:
        """Whether it is opened as a video."""
        return self.path.lower().endswith(VIDEO_SUFFIXES)


class VideoError(ValueError):
    """A video that cannot be opened, or ends before its header says so."""


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
    keys = unique_keys(names)
    return [
        Item(path, name, key)
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
        yield from scan_files(source)
    elif not os.path.isfile(source):
        raise InputError(f'{source}: there is no such file or folder.')
    elif lower.endswith('.txt'):
        folder = os.path.dirname(source)
        try:
            paths = read_list(source)
        except ValueError as error:
            raise InputError(str(error)) from error
        for path in paths:
            yield os.path.join(folder, path)
    elif lower.endswith(SUFFIXES + VIDEO_SUFFIXES):
        yield source
    else:
        raise InputError(
            f'{source} is neither an image ({", ".join(SUFFIXES)}), nor a '
            f'video ({", ".join(VIDEO_SUFFIXES)}), nor a list (.txt).'
        )


def scan_files(folder: str) -> Iterator[str]:
    """Paths of the images and videos below a folder, see :func:`scan`."""
    for name in scan(folder, SUFFIXES + VIDEO_SUFFIXES):
        yield os.path.join(folder, name)


def _name_below(path: str, root: str) -> str:
    """The path below the folder of all inputs, with ``/`` in it.

    What a list names elsewhere keeps all of its folders.
    """
    name = os.path.relpath(path, root)
    if name.startswith(os.pardir):
        name = os.path.splitdrive(path)[1].lstrip(os.sep)
    return name.replace(os.sep, '/')


def unique_keys(names: Sequence[str]) -> list[str]:
    """A name for the results of each file: no two share one.

    It is the file's own name without ending; with it where two files of a
    folder differ by nothing else, and for videos, whose frames lie in a
    folder of that name.
    """
    stems = [os.path.splitext(name)[0] for name in names]
    counts = Counter(stem.casefold() for stem in stems)
    keys, taken = [], set()
    for name, stem in zip(names, stems, strict=True):
        alone = counts[stem.casefold()] == 1
        video = name.lower().endswith(VIDEO_SUFFIXES)
        key = stem if alone and not video else name
        while key.casefold() in taken:
            key += '_'
        taken.add(key.casefold())
        keys.append(key)
    return keys


class Video:
    """Frames of a video that OpenCV reads.

    Attributes:
        fps (float): Frames per second; 25 where the file does not say.
        num_frames (int): As its header says; 0 where it does not.

    Args:
        path (str): The file.

    Raises:
        VideoError: If OpenCV cannot open it.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        if not os.path.isfile(path):
            raise VideoError('there is no such file')
        self._capture = cv2.VideoCapture(path)
        if not self._capture.isOpened():
            raise VideoError('OpenCV cannot open the video')
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 0 < fps < 1000 else 25.0
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.num_frames = int(max(count, 0))

    def frames(self) -> Iterator[np.ndarray]:
        """Yield grey frames (H, W), uint8.

        Raises:
            VideoError: If it ends more than one frame early.
        """
        count = 0
        while True:
            read, frame = self._capture.read()
            if not read:
                break
            count += 1
            if frame.ndim == 3:
                frame = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
            yield frame
        self.close()
        # containers may count one frame too many
        if count < self.num_frames - 1 or not count:
            raise VideoError(
                f'the video ends after {count} of {self.num_frames} frames'
            )

    def close(self) -> None:
        """Close the file."""
        self._capture.release()
