"""Scenes of a set of frames, as far as the names of the files tell."""

import random
import re
from collections.abc import Sequence


def natural_order(name: str) -> tuple[list, str]:
    """A key that sorts numbers in names by their value."""
    parts = re.split(r'(\d+)', name)
    # strings and numbers alternate, so that like is compared with like
    return [int(p) if i % 2 else p for i, p in enumerate(parts)], name


def find_scenes(
    names: Sequence[str], gap: int = 50, length: int = 100
) -> list[list[str]]:
    """Group names of frames into scenes, as far as names tell.

    Frames lie in one scene if their names are equal up to the last number
    and these numbers follow each other closely. Where numbers run through a
    whole set, as in M3FD, nothing tells the scenes apart: there a scene is
    cut after ``length`` frames, so that few neighbours are separated.

    Args:
        names (Sequence[str]): Names without ending.
        gap (int): Largest step between the numbers of neighbours.
        length (int): Largest number of frames of a scene.

    Returns:
        list[list[str]]: The names of each scene, in natural order.
    """
    scenes: list[list[str]] = []
    last = None
    for name in sorted(names, key=natural_order):
        # the last number may have an ending: 00001D
        match = re.fullmatch(r'(.*?)(\d+)(\D*)', name)
        prefix, number, _ = match.groups() if match else (name, 0, '')
        near = last and last[0] == prefix and int(number) - last[1] <= gap
        if not near or len(scenes[-1]) == length:
            scenes.append([])
        scenes[-1].append(name)
        last = prefix, int(number)
    return scenes


def split_scenes(
    scenes: Sequence[list[str]], ratio: float, seed: int
) -> tuple[list[list[str]], list[list[str]]]:
    """Share scenes out at random, none of them to both sides.

    Args:
        scenes (Sequence[list[str]]): Names of the frames of each.
        ratio (float): Share of the frames of the first side, in (0, 1); met
            as closely as whole scenes allow.
        seed (int): Equal seeds give equal sides.

    Returns:
        tuple[list[list[str]], list[list[str]]]: Scenes of both sides, each
        in the order given.

    Raises:
        ValueError: If there are less than two scenes.
    """
    if len(scenes) < 2:
        raise ValueError(
            'All images are one scene, which cannot be on two sides: give '
            'a smaller --scene-length or --scene-gap, or a --split-file.'
        )
    order = list(range(len(scenes)))
    random.Random(seed).shuffle(order)
    wanted = ratio * sum(map(len, scenes))
    count, errors = 0, []
    for i in order[:-1]:
        count += len(scenes[i])
        errors.append(abs(count - wanted))
    first = set(order[: errors.index(min(errors)) + 1])
    return (
        [scene for i, scene in enumerate(scenes) if i in first],
        [scene for i, scene in enumerate(scenes) if i not in first],
    )
