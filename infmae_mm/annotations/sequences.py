"""Sequences of frames, as far as the names of the files tell."""

import random
import re
from collections.abc import Sequence

from .error import AnnotationError

# Random letters and digits that are no part of a frame's name: of Roboflow's
# exports, in FLIR's ADAS set, and of Label Studio (with a letter, as 8 digits
# may be a date).
_RANDOM = re.compile(
    r'\.rf\.\w+$|(?<=-frame-\d{6})-\w+$'
    r'|(?<![^/])(?=\d*[a-f])[\da-f]{8}-'
)


def natural_order(name: str) -> tuple[list, str]:
    """A key that sorts numbers in names by their value."""
    parts = re.split(r'(\d+)', name)
    # strings and numbers alternate, so that like is compared with like
    return [int(p) if i % 2 else p for i, p in enumerate(parts)], name


def find_sequences(
    names: Sequence[str], gap: int = 50, length: int = 100
) -> list[list[str]]:
    """Group names of frames into sequences, as far as names tell.

    Frames lie in one sequence if their names are equal up to the last number
    and these numbers follow each other closely. Random ids, as of Roboflow,
    Label Studio and FLIR's ADAS set, do not count. Where numbers run through
    a whole set, as in M3FD, nothing tells sequences apart: there one is cut
    after ``length`` frames, so that few neighbours are separated.

    Args:
        names (Sequence[str]): Names without ending.
        gap (int): Largest step between the numbers of neighbours.
        length (int): Largest number of frames of a sequence.

    Returns:
        list[list[str]]: The names of each sequence, in natural order.
    """
    sequences: list[list[str]] = []
    last = None
    known = {name: _RANDOM.sub('', name) for name in names}
    for name in sorted(known, key=lambda n: (natural_order(known[n]), n)):
        plain = known[name]
        # the last number may have an ending: 00001D
        match = re.fullmatch(r'(.*?)(\d+)(\D*)', plain)
        prefix, number, _ = match.groups() if match else (plain, 0, '')
        near = last and last[0] == prefix and int(number) - last[1] <= gap
        if not near or len(sequences[-1]) == length:
            sequences.append([])
        sequences[-1].append(name)
        last = prefix, int(number)
    return sequences


def split_sequences(
    sequences: Sequence[list[str]], ratio: float, seed: int
) -> tuple[list[list[str]], list[list[str]]]:
    """Share sequences out at random, none of them to both sides.

    Args:
        sequences (Sequence[list[str]]): Names of the frames of each.
        ratio (float): Share of the frames of the first side, in (0, 1); met
            as closely as whole sequences allow.
        seed (int): Equal seeds give equal sides.

    Returns:
        tuple[list[list[str]], list[list[str]]]: Sequences of both sides, each
        in the order given.

    Raises:
        AnnotationError: If there are less than two sequences.
    """
    if len(sequences) < 2:
        raise AnnotationError(
            'All images are one sequence, which cannot be on two sides: give '
            'a smaller --sequence-length or --sequence-gap, or a --split-file.'
        )
    order = list(range(len(sequences)))
    random.Random(seed).shuffle(order)
    wanted = ratio * sum(map(len, sequences))
    count, errors = 0, []
    for i in order[:-1]:
        count += len(sequences[i])
        errors.append(abs(count - wanted))
    first = set(order[: errors.index(min(errors)) + 1])
    return (
        [sequence for i, sequence in enumerate(sequences) if i in first],
        [sequence for i, sequence in enumerate(sequences) if i not in first],
    )
