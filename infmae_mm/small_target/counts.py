"""Pixels and targets of images, and the measures that they give."""

import math
from dataclasses import astuple, dataclass

import numpy as np

from .matching import Components, match


@dataclass(frozen=True)
class Counts:
    """What is counted in one image, or in many.

    Attributes:
        pixels (int): All of them.
        target_pixels (int): Pixels of true targets.
        predicted_pixels (int): Pixels of predicted components.
        hit_pixels (int): Pixels of both.
        targets (int): True targets.
        detected (int): True targets that a predicted component matches.
        false_alarm_pixels (int): Pixels of components that match none.
    """

    pixels: int = 0
    target_pixels: int = 0
    predicted_pixels: int = 0
    hit_pixels: int = 0
    targets: int = 0
    detected: int = 0
    false_alarm_pixels: int = 0

    @classmethod
    def of(
        cls,
        targets: Components,
        found: Components,
        matches: np.ndarray | None = None,
    ) -> 'Counts':
        """Count in one image.

        Args:
            targets (Components): Of the true mask.
            found (Components): Of the prediction, of the same size.
            matches (np.ndarray, optional): For each target the index of
                what finds it, or -1. By default that of :func:`.match`.
        """
        if matches is None:
            matches = match(targets, found)
        matches = matches[matches >= 0]
        return cls(
            pixels=found.labels.size,
            target_pixels=int(targets.areas.sum()),
            predicted_pixels=int(found.areas.sum()),
            hit_pixels=np.count_nonzero(
                (targets.labels > 0) & (found.labels > 0)
            ),
            targets=len(targets),
            detected=len(matches),
            false_alarm_pixels=int(
                found.areas.sum() - found.areas[np.unique(matches)].sum()
            ),
        )

    def __add__(self, other: 'Counts') -> 'Counts':
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Counts(*map(sum, pairs))

    def measures(self) -> dict[str, float]:
        """IoU, Precision, Recall, F1, Pd and Fa, as fractions.

        Returns:
            dict[str, float]: NaN where nothing could be measured: Recall and
            Pd without a target; IoU, F1 and Precision with neither a target
            nor a prediction. Precision is 0 where targets were there and
            nothing was predicted.
        """
        either = self.target_pixels + self.predicted_pixels
        precision = ratio(self.hit_pixels, self.predicted_pixels)
        if self.target_pixels and not self.predicted_pixels:
            precision = 0.0
        return dict(
            IoU=ratio(self.hit_pixels, either - self.hit_pixels),
            Precision=precision,
            Recall=ratio(self.hit_pixels, self.target_pixels),
            F1=ratio(2 * self.hit_pixels, either),
            Pd=ratio(self.detected, self.targets),
            Fa=ratio(self.false_alarm_pixels, self.pixels),
        )


def ratio(part: float, whole: float) -> float:
    """A share, NaN of nothing."""
    return float(part / whole) if whole else math.nan
