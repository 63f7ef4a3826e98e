"""From raw counts or temperatures to grey values, by a named rule.

A radiometric camera uses a narrow part of its 14 or 16 bits, so that the
values of its files look black to what expects pictures. Each rule sets the
two values that become black and white; between them the map is linear.
"""

import math
from dataclasses import asdict, dataclass, fields
from numbers import Real
from typing import ClassVar

import cv2
import numpy as np


def stretch(
    image: np.ndarray, low: float, high: float, dtype: type = np.uint8
) -> np.ndarray:
    """Map [low, high] linearly to [0, 255]; what is outside is clipped.

    Args:
        image (np.ndarray): Any shape, any real type.
        low (float): Value that becomes 0. NaN and infinities of both signs
            become 0 too: nothing was measured there.
        high (float): Value that becomes 255. Where it is not above ``low``,
            the image is constant and becomes 0.
        dtype (type): ``np.uint8``, rounded, or ``np.float32``, not rounded.

    Returns:
        np.ndarray: Of the same shape.
    """
    if not low < high:
        return np.zeros(image.shape, dtype)
    # float32 holds 16 bits exactly, integers of 32 bits need float64
    grey = image.astype(np.result_type(image.dtype, np.float32))
    grey -= low
    grey *= 255 / (high - low)
    if image.dtype.kind == 'f':
        grey[~np.isfinite(image)] = 0
    np.clip(grey, 0, 255, out=grey)
    if dtype == np.uint8:
        np.rint(grey, out=grey)
    return grey.astype(dtype, copy=False)


def percentiles(
    values: np.ndarray, q: tuple[float, float]
) -> tuple[float, float]:
    """As ``np.percentile``; 16 bits are counted, which takes an eighth.

    Args:
        values (np.ndarray): Any shape, real and finite, not empty.
        q (tuple[float, float]): Percentiles, 0 to 100.
    """
    if values.dtype != np.uint16:
        low, high = np.percentile(values, q)
        return float(low), float(high)
    ends = np.bincount(values.ravel()).cumsum()
    at = np.multiply(q, (values.size - 1) / 100)  # places among the sorted
    below, above = (
        np.searchsorted(ends, place, side='right')
        for place in (np.floor(at), np.ceil(at))
    )
    low, high = below + (at % 1) * (above - below)
    return float(low), float(high)


class Mapping:
    """Base of the rules.

    Images of 8 bits pass unchanged: they have been mapped, by the camera or
    by who stored them.
    """

    rule: ClassVar[str]

    def limits(self, values: np.ndarray) -> tuple[float, float]:
        """Give the values that become black and white.

        Args:
            values (np.ndarray): The finite values of an image, not empty.
        """
        raise NotImplementedError

    def __call__(
        self, image: np.ndarray, dtype: type = np.uint8
    ) -> tuple[np.ndarray, dict]:
        """Map an image.

        Args:
            image (np.ndarray): (H, W), any real type.
            dtype (type): ``np.uint8``, or ``np.float32`` for values of the
                same range that are not rounded.

        Returns:
            tuple[np.ndarray, dict]: Grey values of 0 to 255, (H, W); and the
            rule with its figures, where ``low`` and ``high`` are in the unit
            of the image. For 8 bits the rule is ``'identity'``.

        Raises:
            ValueError: If no value of the image is finite.
        """
        if image.dtype == np.uint8:
            figures = dict(rule='identity', low=0.0, high=255.0)
            return image.astype(dtype, copy=False), figures
        values = image
        if image.dtype.kind == 'f':
            values = image[np.isfinite(image)]
        if not values.size:
            raise ValueError('no value of the image is finite')
        low, high = (float(limit) for limit in self.limits(values))
        figures = dict(rule=self.rule, low=low, high=high)
        return stretch(image, low, high, dtype), figures


@dataclass(frozen=True)
class MinMax(Mapping):
    """The whole range of the image. One dead pixel can make it black."""

    rule = 'minmax'

    def limits(self, values: np.ndarray) -> tuple[float, float]:
        """See the base."""
        return values.min(), values.max()


@dataclass(frozen=True)
class Percentile(Mapping):
    """The range between two percentiles, which dead pixels do not set.

    Where both are one value the whole range of the image is taken.

    Args:
        low (float): Defaults to 0.5.
        high (float): Up to 100. Defaults to 99.5.
    """

    low: float = 0.5
    high: float = 99.5

    rule = 'percentile'

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high <= 100:
            raise ValueError(
                'The percentiles of a mapping must be 0 <= low < high <= 100,'
                f' got low={self.low}, high={self.high}.'
            )

    def limits(self, values: np.ndarray) -> tuple[float, float]:
        """See the base."""
        low, high = percentiles(values, (self.low, self.high))
        return (low, high) if low < high else (values.min(), values.max())


@dataclass(frozen=True)
class Range(Mapping):
    """One range for all images: equal counts are equal grey values.

    Args:
        low (float): In the unit of the files: counts, kelvin, centikelvin.
        high (float): In the same unit.
    """

    low: float
    high: float

    rule = 'range'

    def __post_init__(self) -> None:
        if not -math.inf < self.low < self.high < math.inf:
            raise ValueError(
                'The range of a mapping must be finite and low < high, got '
                f'low={self.low}, high={self.high}.'
            )

    def limits(self, values: np.ndarray) -> tuple[float, float]:
        """See the base."""
        return self.low, self.high


@dataclass(frozen=True)
class Clahe(Percentile):
    """Contrast-limited adaptive histogram equalisation (OpenCV's).

    Applied to the 8-bit result of the percentiles, and to images of 8 bits
    as they are. Not to 16 bits: OpenCV then counts each tile in 65,536
    bins, more than it has pixels, and the limit no longer limits.

    Args:
        low (float): Percentile. Defaults to 0.5.
        high (float): Percentile. Defaults to 99.5.
        clip_limit (float): Largest gain of contrast. Defaults to 2.
        tiles (int): Tiles along each side of the image. Defaults to 8.
    """

    clip_limit: float = 2.0
    tiles: int = 8

    rule = 'clahe'

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.clip_limit < math.inf:
            raise ValueError(
                f'clip_limit must be above 0, got {self.clip_limit}.'
            )
        if not isinstance(self.tiles, int) or self.tiles < 1:
            raise ValueError(
                f'tiles must be a positive integer, got {self.tiles}.'
            )

    def __call__(
        self, image: np.ndarray, dtype: type = np.uint8
    ) -> tuple[np.ndarray, dict]:
        """See the base; 8 bits are equalised too, their rule is 'clahe'."""
        grey, figures = super().__call__(image)
        figures.update(
            rule=self.rule, clip_limit=self.clip_limit, tiles=self.tiles
        )
        # not kept: a CLAHE object cannot be sent to worker processes
        clahe = cv2.createCLAHE(self.clip_limit, (self.tiles, self.tiles))
        return clahe.apply(grey).astype(dtype, copy=False), figures


RULES: dict[str, type[Mapping]] = {
    rule.rule: rule for rule in (Percentile, MinMax, Range, Clahe)
}
"""The rules by name."""


def build_mapping(mapping: str | dict) -> Mapping:
    """Build a mapping from a config.

    Args:
        mapping (str | dict): Name of a rule, or a dict of ``rule`` and its
            options: ``dict(rule='range', low=7000, high=9000)``.

    Raises:
        ValueError: If the rule or an option is unknown, missing or wrong.
    """
    options = dict(rule=mapping) if isinstance(mapping, str) else mapping
    known = isinstance(options, dict) and options.get('rule') in list(RULES)
    if not known:
        raise ValueError(
            f'mapping={mapping!r} is none of the rules {", ".join(RULES)}, '
            "nor a dict such as dict(rule='range', low=7000, high=9000)."
        )
    rule = RULES[options['rule']]
    options = {key: v for key, v in options.items() if key != 'rule'}
    names = [field.name for field in fields(rule)]
    for key, value in options.items():
        if key not in names:
            raise ValueError(
                f'The mapping {rule.rule!r} has no option {key!r}: it takes '
                f'{", ".join(names) or "none"}.'
            )
        if not isinstance(value, Real):
            raise ValueError(
                f'{key} of the mapping {rule.rule!r} must be a number, got '
                f'{value!r}.'
            )
    if rule is Range and len(options) < 2:
        raise ValueError("The mapping 'range' needs low and high.")
    return rule(**options)


def describe(mapping: Mapping) -> dict:
    """Give the config of a mapping, for printing."""
    return dict(rule=mapping.rule, **asdict(mapping))
