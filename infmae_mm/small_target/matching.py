"""Targets of a mask, and which of them a prediction finds."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import ndimage

MATCH_DISTANCE = 3
"""Centroids nearer than this, in pixels, are of one target."""

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


def _square_distance(a: Components, i: int, b: Components, j: int) -> Fraction:
    return sum(
        (Fraction(int(p), int(a.areas[i])) - Fraction(int(q), int(b.areas[j])))
        ** 2
        for p, q in zip(a.sums[i], b.sums[j], strict=True)
    )
