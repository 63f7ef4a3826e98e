"""Photometric augmentation of thermal images."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmengine.registry import TRANSFORMS


@TRANSFORMS.register_module()
class ThermalJitter(BaseTransform):
    """Change brightness and contrast at random, in any number of channels.

    ``value * contrast + brightness``, clipped to 0 and 255. These are the
    two parts of mmseg's ``PhotoMetricDistortion`` that mean something in a
    grey image; hue and saturation, which it has no argument to leave out,
    need three channels and three conversions of colour.

    Required and modified key: ``img`` (uint8 or float32, 0 to 255).

    Args:
        brightness (float): What is added is within plus and minus this, in
            grey levels. Defaults to 32.
        contrast (tuple[float, float]): Range of the factor. Defaults to
            (0.5, 1.5).
        prob (float): Probability of each of the two, independently.
            Defaults to 0.5.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        brightness: float = 32,
        contrast: tuple[float, float] = (0.5, 1.5),
        prob: float = 0.5,
    ) -> None:
        if not 0 <= brightness <= 255:
            raise ValueError(
                f'brightness must be within [0, 255], got {brightness}.'
            )
        if not 0 < contrast[0] <= contrast[1]:
            raise ValueError(
                f'contrast must be a positive range, got {contrast}.'
            )
        if not 0 <= prob <= 1:
            raise ValueError(f'prob must be within [0, 1], got {prob}.')
        self.brightness = brightness
        self.contrast = tuple(contrast)
        self.prob = prob

    @cache_randomness
    def sample(self) -> tuple[float, float]:
        """Draw a factor of contrast and what is added to the brightness."""
        factor, added = 1.0, 0.0
        if np.random.random() < self.prob:
            factor = np.random.uniform(*self.contrast)
        if np.random.random() < self.prob:
            added = np.random.uniform(-self.brightness, self.brightness)
        return factor, added

    def transform(self, results: dict) -> dict:
        """Change the image.

        Raises:
            TypeError: If it is of another type than uint8 and float32.
        """
        image = results['img']
        if image.dtype not in (np.uint8, np.float32):
            raise TypeError(
                'ThermalJitter changes images of uint8 or float32, 0 to 255, '
                f'got {image.dtype}: load with LoadThermalImage.'
            )
        factor, added = self.sample()
        if (factor, added) != (1, 0):
            changed = image * np.float32(factor) + np.float32(added)
            results['img'] = changed.clip(0, 255).astype(image.dtype)
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(brightness={self.brightness}, '
            f'contrast={self.contrast}, prob={self.prob})'
        )
