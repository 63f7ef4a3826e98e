"""Targets of a mask, and which of them a prediction finds.

Needs numpy and scipy, and nothing else of this project.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

MATCH_DISTANCE = 3
"""Centroids nearer than this, in pixels, are of one target."""

MATCH_IOU = 0.5
"""Components of this IoU or more are of one target, wherever their centroids
are; see :func:`match_opdc`."""

_EIGHT_NEIGHBOURS = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Components:
    """The 8-connected components of a mask, in the order of their first pixel.

    Attributes:
        labels (np.ndarray): (H, W), int32: 0 or the number of the component
            plus one. Rows are read from the top, each from the left.
        areas (np.ndarray): (N,), int64, in pixels.
        sums (np.ndarray): (N, 2), int64: sums of the rows and of the columns
            of the pixels, so that centroids can be compared exactly.
    """

    labels: np.ndarray
    areas: np.ndarray
    sums: np.ndarray

    @classmethod
    def of(cls, mask: np.ndarray) -> 'Components':
        """Find them.

        Args:
            mask (np.ndarray): (H, W), bool.
        """
        labels, count = ndimage.label(mask, _EIGHT_NEIGHBOURS)
        pixels = np.flatnonzero(mask)
        of_pixel = labels.ravel()[pixels] - 1
        # float64 holds these sums exactly
        sums = [
            np.bincount(of_pixel, where, count)
            for where in np.divmod(pixels, mask.shape[1])
        ]
        return cls(
            labels,
            np.bincount(of_pixel, minlength=count),
            np.stack(sums, 1).astype(np.int64),
        )

    def __len__(self) -> int:
        return len(self.areas)

    @property
    def centroids(self) -> np.ndarray:
        """(N, 2), float64: row and column."""
        return self.sums / self.areas[:, None]

    @property
    def boxes(self) -> list[tuple[slice, slice]]:
        """Rows and columns that each component spans."""
        return ndimage.find_objects(self.labels)

    def shared(self, other: 'Components') -> np.ndarray:
        """Pixels that each component shares with each of another mask.

        Args:
            other (Components): Of a mask of the same size.

        Returns:
            np.ndarray: (len(self), len(other)), int64.
        """
        rows, columns = len(self) + 1, len(other) + 1
        both = (self.labels > 0) & (other.labels > 0)
        pairs = self.labels[both].astype(np.int64) * columns
        pairs += other.labels[both]
        table = np.bincount(pairs, minlength=rows * columns)
        return table.reshape(rows, columns)[1:, 1:]


def match(targets: Components, found: Components) -> np.ndarray:
    """Give each target the component that finds it.

    Each target, in order, takes the first component which no target before
    it took and whose centroid is strictly nearer than
    :data:`MATCH_DISTANCE`.

    Args:
        targets (Components): Of the ground truth.
        found (Components): Of the prediction.

    Returns:
        np.ndarray: (len(targets),), int64: index in ``found``, or -1.
    """
    matches = np.full(len(targets), -1)
    free = np.ones(len(found), bool)
    centroids = found.centroids
    for i, centroid in enumerate(targets.centroids):
        squares = np.square(centroids - centroid).sum(1)
        # a rounding error must not decide: look twice at what is close
        near = squares < MATCH_DISTANCE**2 + 1e-6
        for j in np.flatnonzero(near & free):
            if (
                squares[j] < MATCH_DISTANCE**2 - 1e-6
                or _square_distance(targets, i, found, j) < MATCH_DISTANCE**2
            ):
                matches[i] = j
                free[j] = False
                break
    return matches


def match_overlap(targets: Components, found: Components) -> np.ndarray:
    """Give each target the component that shares most pixels with it.

    The loosest rule in use: one common pixel is enough, and a component may
    find several targets.

    Args:
        targets (Components): Of the ground truth.
        found (Components): Of the prediction.

    Returns:
        np.ndarray: (len(targets),), int64: index in ``found``, or -1.
    """
    if not len(targets) or not len(found):
        return np.full(len(targets), -1)
    shared = targets.shared(found)
    return np.where(shared.any(1), shared.argmax(1), -1)


@dataclass(frozen=True)
class OPDCMatch:
    """Pairs of targets and components, and which pairs could have been.

    Attributes:
        matches (np.ndarray): (N,), int64: for each target the index of its
            component, or -1.
        shared (np.ndarray): (N, M), int64: common pixels of each pair.
        admissible (np.ndarray): (N, M), bool: pairs of an IoU of
            :data:`MATCH_IOU` or more, or nearer than :data:`MATCH_DISTANCE`.
    """

    matches: np.ndarray
    shared: np.ndarray
    admissible: np.ndarray


def match_opdc(targets: Components, found: Components) -> OPDCMatch:
    """Match by overlap first, then by distance.

    The overlap-priority matching with distance compensation of *Rethinking
    Evaluation of Infrared Small Target Detection* (NeurIPS 2025, arXiv
    2509.16888). Of the assignment with the least sum of distances, pairs with
    an IoU of :data:`MATCH_IOU` or more are kept; of the same assignment among
    the rest, pairs nearer than :data:`MATCH_DISTANCE`.

    Args:
        targets (Components): Of the ground truth.
        found (Components): Of the prediction, of the same size.

    Returns:
        OPDCMatch: One component for a target at most, and the reverse.
    """
    shared = targets.shared(found)
    either = targets.areas[:, None] + found.areas[None] - shared
    ious = shared / either
    offsets = targets.centroids[:, None] - found.centroids[None]
    squares = np.square(offsets).sum(-1)  # (N, M)
    near = squares < MATCH_DISTANCE**2 - 1e-6
    # a rounding error must not decide
    for i, j in np.argwhere(np.abs(squares - MATCH_DISTANCE**2) <= 1e-6):
        near[i, j] = _square_distance(targets, i, found, j) < MATCH_DISTANCE**2
    distances = np.sqrt(squares)
    matches = np.full(len(targets), -1)
    for fits in (ious >= MATCH_IOU, near):
        rows = np.flatnonzero(matches < 0)
        columns = np.setdiff1d(np.arange(len(found)), matches)
        i, j = linear_sum_assignment(distances[np.ix_(rows, columns)])
        i, j = rows[i], columns[j]
        kept = fits[i, j]
        matches[i[kept]] = j[kept]
    return OPDCMatch(matches, shared, (ious >= MATCH_IOU) | near)


def _square_distance(a: Components, i: int, b: Components, j: int) -> Fraction:
    return sum(
        (Fraction(int(p), int(a.areas[i])) - Fraction(int(q), int(b.areas[j])))
        ** 2
        for p, q in zip(a.sums[i], b.sums[j], strict=True)
    )
