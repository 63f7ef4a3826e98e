"""From values of a file to what a network takes, without torch."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from numbers import Real

import cv2
import numpy as np

from ..thermal.mapping import build_mapping
from ..thermal.palettes import check_palette
from ..thermal.temperature import radiometric_options

INTERPOLATIONS = dict(
    nearest=cv2.INTER_NEAREST,
    bilinear=cv2.INTER_LINEAR,
    bicubic=cv2.INTER_CUBIC,
    area=cv2.INTER_AREA,
    lanczos=cv2.INTER_LANCZOS4,
)
"""Interpolations by MMCV's names."""


@dataclass(frozen=True, kw_only=True)
class Resizing(ABC):
    """A change of size.

    Attributes:
        interpolation (str): A key of :data:`INTERPOLATIONS`.

    Raises:
        ValueError: If it is none of them.
    """

    interpolation: str = 'bilinear'

    def __post_init__(self) -> None:
        if self.interpolation not in INTERPOLATIONS:
            raise ValueError(
                f'interpolation={self.interpolation!r} is none of '
                f'{", ".join(INTERPOLATIONS)}'
            )

    @abstractmethod
    def size(self, height: int, width: int) -> tuple[int, int]:
        """New height and width of an image."""

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Resize an image (H, W)."""
        height, width = self.size(*image.shape)
        return cv2.resize(
            image,
            (width, height),
            interpolation=INTERPOLATIONS[self.interpolation],
        )


@dataclass(frozen=True, kw_only=True)
class ScaleResizing(Resizing):
    """A change of size, as MMCV's ``Resize`` makes it.

    Attributes:
        scale (tuple[int, int]): Width and height.
        keep_ratio (bool): Whether both are limits in place of sizes.
        interpolation (str): See :class:`Resizing`.

    Raises:
        ValueError: If one is none of these.
    """

    scale: tuple[int, int]
    keep_ratio: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_sides('scale', self.scale)

    def size(self, height: int, width: int) -> tuple[int, int]:
        """New height and width of an image."""
        if not self.keep_ratio:
            return self.scale[1], self.scale[0]
        factor = min(
            max(self.scale) / max(height, width),
            min(self.scale) / min(height, width),
        )
        return int(height * factor + 0.5), int(width * factor + 0.5)


@dataclass(frozen=True, kw_only=True)
class EdgeResizing(Resizing):
    """A change of size that keeps the ratio, as MMPretrain's ``ResizeEdge``.

    Attributes:
        scale (int): Length of the edge.
        edge (str): 'short', 'long', 'width' or 'height'.
        interpolation (str): See :class:`Resizing`.

    Raises:
        ValueError: If one is none of these.
    """

    scale: int
    edge: str = 'short'

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.scale, int) or self.scale < 1:
            raise ValueError(f'scale={self.scale!r} is no length')
        if self.edge not in ('short', 'long', 'width', 'height'):
            raise ValueError(f'edge={self.edge!r} is no edge')

    def size(self, height: int, width: int) -> tuple[int, int]:
        """New height and width of an image."""
        edges = dict(
            short=width < height, long=width > height, width=True, height=False
        )
        if edges[self.edge]:
            return int(self.scale * height / width), self.scale
        return self.scale, int(self.scale * width / height)


@dataclass(frozen=True, kw_only=True)
class CentralCrop:
    """The middle of an image, as MMCV's ``CenterCrop`` cuts it out.

    Attributes:
        crop_size (tuple[int, int]): Width and height at most.

    Raises:
        ValueError: If it is none.
    """

    crop_size: tuple[int, int]

    def __post_init__(self) -> None:
        _check_sides('crop_size', self.crop_size)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Crop an image (H, W)."""
        width, height = self.crop_size
        top = max(0, round((image.shape[0] - height) / 2))
        left = max(0, round((image.shape[1] - width) / 2))
        return image[top : top + height, left : left + width]


def _check_sides(name: str, sides: tuple[int, int]) -> None:
    if (
        not isinstance(sides, (list, tuple))
        or len(sides) != 2
        or not all(isinstance(side, int) and side > 0 for side in sides)
    ):
        raise ValueError(f'{name}={sides!r} is no width and height')


STEPS = dict(
    Resize=ScaleResizing, ResizeEdge=EdgeResizing, CenterCrop=CentralCrop
)
"""Transforms of test pipelines that an exported network brings along."""


@dataclass(frozen=True)
class Preprocessing:
    """What comes before a network.

    Attributes:
        mapping (dict): Rule for images of more than 8 bits.
        to_float32 (bool): Whether grey values keep what is finer than 8
            bits.
        steps (tuple[dict, ...]): Changes of size: ``type``, a key of
            :data:`STEPS`, and its attributes.
        mean (tuple[float, ...]): Of each channel of the network's input.
        std (tuple[float, ...]): The same.
        palette (str): How colours become grey.
        radiometric (str | dict | None): What is read of radiometric JPEG.

    Raises:
        TypeError: If one is of another kind.
        ValueError: If one cannot be.
    """

    mapping: dict
    to_float32: bool
    steps: tuple[dict, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    palette: str = 'luma'
    radiometric: str | dict | None = None

    def __post_init__(self) -> None:
        build_mapping(self.mapping)
        if self.palette != 'luma':
            check_palette(self.palette)
        radiometric_options(self.radiometric)
        for step in self.steps:
            if step.get('type') not in list(STEPS):
                raise ValueError(f'no step {step.get("type")!r} is known')
        self._changes  # noqa: B018  (what does not fit is found here)
        for value in (*self.mean, *self.std):
            if not isinstance(value, Real) or not np.isfinite(value):
                raise ValueError(f'mean or std has {value!r}')
        if len(self.mean) != len(self.std) or not min(self.std) > 0:
            raise ValueError(
                f'std={self.std!r} must be above 0, one for each mean'
            )

    @cached_property
    def _changes(self) -> list[Callable[[np.ndarray], np.ndarray]]:
        return [
            STEPS[step['type']](
                **{k: v for k, v in step.items() if k != 'type'}
            )
            for step in self.steps
        ]

    def grey(self, values: np.ndarray) -> np.ndarray:
        """Map values (H, W) to 0 to 255, uint8 or float32."""
        dtype = np.float32 if self.to_float32 else np.uint8
        return build_mapping(self.mapping)(values, dtype)[0]

    def resize(self, grey: np.ndarray) -> np.ndarray:
        """Bring grey values (H, W) to the size of the input."""
        for change in self._changes:
            grey = change(grey)
        return grey

    def normalise(self, grey: np.ndarray) -> np.ndarray:
        """Grey values (H, W) to an input (C, H, W), float32."""
        mean = np.array(self.mean, np.float32)[:, None, None]
        std = np.array(self.std, np.float32)[:, None, None]
        return (grey.astype(np.float32) - mean) / std
