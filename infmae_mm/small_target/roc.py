"""The pixel ROC of small-target detection, exact on 16-bit scores."""

import numpy as np

from .counts import ratio

LEVELS = 2**16
"""Levels that scores are rounded to."""


class PixelRoc:
    """Pixels by their score, of targets and of the background."""

    def __init__(self) -> None:
        self._positives = np.zeros(LEVELS, np.int64)
        self._negatives = np.zeros(LEVELS, np.int64)

    def add(self, probability: np.ndarray, mask: np.ndarray) -> None:
        """Take one image.

        Args:
            probability (np.ndarray): (H, W), float, of a target, 0 to 1.
            mask (np.ndarray): (H, W), bool, of the same size.
        """
        scores = (probability * (LEVELS - 1) + 0.5).astype(np.uint16)
        positives = np.bincount(scores[mask], minlength=LEVELS)
        self._positives += positives
        self._negatives -= positives
        self._negatives += np.bincount(scores.ravel(), minlength=LEVELS)

    def __iadd__(self, other: 'PixelRoc') -> 'PixelRoc':
        """Take all images of another one."""
        self._positives += other._positives
        self._negatives += other._negatives
        return self

    def greatest(self) -> float:
        """The greatest score, 0 where there is none."""
        levels = np.flatnonzero(self._positives + self._negatives)
        return levels[-1] / (LEVELS - 1) if len(levels) else 0.0

    def area(self) -> float:
        """Area under the curve; NaN where one of the two has no pixel."""
        # The trapezoid of a level: its background pixels times the targets'
        # pixels above it, and half of those on it.
        positives = self._positives.astype(float)
        above = positives.sum() - positives.cumsum()
        area = self._negatives @ (above + positives / 2)
        return ratio(area, positives.sum() * self._negatives.sum())

    def curve(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rates of pixels over all thresholds.

        Returns:
            tuple[np.ndarray, np.ndarray, np.ndarray]: Each (K,), float64:
            threshold (what scores as much or more is positive), false- and
            true-positive rate. The first point is at infinity, then come the
            corners of the curve. NaN where there is no pixel to rate.
        """
        levels = np.flatnonzero(self._positives + self._negatives)[::-1]
        rates = []
        for pixels in (self._negatives, self._positives):
            sums = np.concatenate([[0], pixels[levels].cumsum()])
            total = sums[-1]
            rates.append(sums / total if total else np.full(len(sums), np.nan))
        thresholds = np.concatenate([[np.inf], levels / (LEVELS - 1)])
        steps = np.stack([self._negatives[levels], self._positives[levels]], 1)
        corner = np.ones(len(thresholds), bool)
        corner[1:-1] = _cross(steps[:-1], steps[1:]) != 0
        return thresholds[corner], rates[0][corner], rates[1][corner]


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Where two steps of (N, 2) pixels differ in direction: not 0."""
    a, b = a.astype(float), b.astype(float)
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
