"""Deciding which images of a set are kept (InfMAE paper, section 3)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..thermal.reading import UnreadableImageError
from .near_duplicates import MAX_DISTANCE, find_anchors
from .statistics import ImageStatistics

KEPT, NOT_SAMPLED = 'kept', 'not sampled'
NEAR_DUPLICATE, TOO_SMALL = 'near-duplicate', 'too small'
UNREADABLE = 'unreadable'
STATUSES = (KEPT, NOT_SAMPLED, NEAR_DUPLICATE, TOO_SMALL, UNREADABLE)
"""What can become of an image; only those kept are in the list."""


@dataclass(frozen=True)
class Recipe:
    """How a set is made.

    Attributes:
        sources (tuple[str, ...]): Absolute paths.
        distance (int): Bits up to which hashes are near-duplicates.
        min_size (int): Images with both sides shorter are dropped.
        sample (int | None): Number of images to draw of those kept.
        seed (int): Of that draw.
        exclude (tuple[str, ...]): Patterns of paths that are left out.

    Raises:
        ValueError: If an option is out of range.
    """

    sources: tuple[str, ...]
    distance: int
    min_size: int
    sample: int | None
    seed: int
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.distance <= MAX_DISTANCE:
            raise ValueError(
                f'distance must be within 0 and {MAX_DISTANCE}, got '
                f'{self.distance}.'
            )
        if self.min_size < 0 or self.seed < 0:
            raise ValueError(
                'min_size and seed must be 0 or more, got '
                f'{self.min_size} and {self.seed}.'
            )
        if self.sample is not None and self.sample < 1:
            raise ValueError(f'sample must be 1 or more, got {self.sample}.')


@dataclass(frozen=True)
class Verdict:
    """What became of one image.

    Attributes:
        path (str): Absolute.
        status (str): One of :data:`STATUSES`.
        statistics (ImageStatistics | None): None where it cannot be read.
        anchor (str): Path of the kept image that a near-duplicate is of.
        distance (int | None): Bits that differ from the anchor's hash.
        problem (str): Why it cannot be read.
    """

    path: str
    status: str
    statistics: ImageStatistics | None = None
    anchor: str = ''
    distance: int | None = None
    problem: str = ''


def judge(
    paths: Sequence[str],
    results: Sequence[ImageStatistics | UnreadableImageError],
    recipe: Recipe,
) -> list[Verdict]:
    """Decide which images are kept.

    Each image is compared with those kept before it: first the deeper ones,
    so that of a frame of 16 bits and its picture in 8 the frame stays, then
    those of the source named first, then by path. A sample is the beginning
    of a random order of the images kept: with one seed, a smaller sample is
    part of a larger one.

    Raises:
        ValueError: If fewer images are kept than the sample asks for.
    """
    verdicts: list[Verdict | None] = []
    candidates = []
    for i, (path, result) in enumerate(zip(paths, results, strict=True)):
        if isinstance(result, UnreadableImageError):
            verdict = Verdict(path, UNREADABLE, problem=result.reason)
        elif max(result.width, result.height) < recipe.min_size:
            verdict = Verdict(path, TOO_SMALL, result)
        else:
            verdict = None
            candidates.append(i)
        verdicts.append(verdict)
    candidates.sort(
        key=lambda i: (
            -results[i].bit_depth,
            source_of(paths[i], recipe.sources),
            paths[i],
        )
    )
    hashes = np.array([results[i].hash for i in candidates], np.uint64)
    anchors = find_anchors(hashes, recipe.distance)
    kept = np.flatnonzero(anchors == np.arange(len(anchors))).tolist()
    kept.sort(key=lambda k: candidates[k])
    chosen = set(_draw(kept, recipe))
    for k, (i, anchor) in enumerate(
        zip(candidates, anchors.tolist(), strict=True)
    ):
        path, statistics = paths[i], results[i]
        if anchor == k:
            status = KEPT if k in chosen else NOT_SAMPLED
            verdicts[i] = Verdict(path, status, statistics)
        else:
            first = candidates[anchor]
            apart = (statistics.hash ^ results[first].hash).bit_count()
            verdicts[i] = Verdict(
                path, NEAR_DUPLICATE, statistics, paths[first], apart
            )
    return verdicts


def source_of(path: str, sources: Sequence[str]) -> int:
    """Number of the first source that an image lies in."""
    for i, source in enumerate(sources):
        if path == source or path.startswith(source.rstrip('/') + '/'):
            return i
    return len(sources)


def _draw(kept: list[int], recipe: Recipe) -> list[int]:
    if recipe.sample is None:
        return kept
    if recipe.sample > len(kept):
        raise ValueError(
            f'A sample of {recipe.sample} was asked for, but only '
            f'{len(kept)} images are kept.'
        )
    order = np.random.default_rng(recipe.seed).permutation(len(kept))
    return [kept[i] for i in order[: recipe.sample]]
