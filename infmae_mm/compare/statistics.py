"""Means over seeds, and paired differences with their intervals."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Summary:
    """A measure of a row over its seeds.

    Attributes:
        values (dict[int, float]): By seed.
        mean (float): NaN without a seed.
        deviation (float): Of the sample; NaN with less than two seeds.
        difference (float): Mean of the differences to the reference with the
            same seed; NaN where there is none.
        interval (tuple[float, float]): Where that mean lies with 95 %
            confidence (Student's t of paired samples); NaN with less than two
            seeds in common.
    """

    values: dict[int, float]
    mean: float
    deviation: float
    difference: float
    interval: tuple[float, float]

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves zero out."""
        low, high = self.interval
        return low > 0 or high < 0


def summarise(
    values: dict[int, float], reference: dict[int, float] | None
) -> Summary:
    """Mean, deviation, and the paired difference to a reference."""
    numbers = np.array(list(values.values()), float)
    nan = math.nan
    difference, interval = nan, (nan, nan)
    if reference is not None:
        seeds = sorted(values.keys() & reference.keys())
        pairs = np.array([values[s] - reference[s] for s in seeds])
        if len(pairs):
            difference = float(pairs.mean())
        if len(pairs) > 1:
            interval = _interval(pairs)
    return Summary(
        values,
        float(numbers.mean()) if len(numbers) else nan,
        float(numbers.std(ddof=1)) if len(numbers) > 1 else nan,
        difference,
        interval,
    )


def _interval(differences: np.ndarray) -> tuple[float, float]:
    if np.ptp(differences) == 0:
        # No spread at all: nothing is known of that of other seeds.
        return math.nan, math.nan
    low, high = stats.t.interval(
        0.95,
        len(differences) - 1,
        loc=differences.mean(),
        scale=stats.sem(differences),
    )
    return float(low), float(high)
