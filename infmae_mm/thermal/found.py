"""Images that a command names, one by one or by their folder."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .dataset import scan_images


class FoundImage(NamedTuple):
    """An image and what it is called.

    Attributes:
        name (str): No two of one command have the same.
        path (Path): Where it is.
    """

    name: str
    path: Path


def find_images(inputs: Sequence[str | Path]) -> list[FoundImage]:
    """The images named or in the folders named, each file once.

    An image of a folder is called by its path below the folder, another by its
    own name. Images that would have the same name are called by their path as
    it was given.

    Args:
        inputs (Sequence[str | Path]): Files, and folders that are searched
            at any depth.

    Returns:
        list[FoundImage]: In the order of the inputs.

    Raises:
        FileNotFoundError: If an input is absent, or a folder holds no image.
    """
    found: dict[str, FoundImage] = {}
    for path in map(Path, inputs):
        if path.is_dir():
            names = list(scan_images(str(path)))
            if not names:
                raise FileNotFoundError(
                    f'There is no image in the folder {path}.'
                )
            images = [FoundImage(name, path / name) for name in names]
        elif path.is_file():
            images = [FoundImage(path.name, path)]
        else:
            raise FileNotFoundError(
                f'{path}: there is no such image or folder.'
            )
        for image in images:
            found.setdefault(os.path.realpath(image.path), image)
    counts = Counter(image.name for image in found.values())
    return [
        image
        if counts[image.name] == 1
        else FoundImage(image.path.as_posix(), image.path)
        for image in found.values()
    ]
