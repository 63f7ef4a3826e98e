"""Cropping and packing of infrared images for pre-training.

Pictures stay grey and 8 bit until they are on the device: a third of the
work and of the memory of colour pictures.
"""

import math

import cv2
import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmengine.registry import TRANSFORMS
from mmengine.structures import BaseDataElement

from .decoding import REDUCTIONS
from .mapping import build_mapping, describe
from .palettes import check_palette
from .reading import InfraredFile
from .temperature import radiometric_options


def to_height_width(size: int | tuple[int, int]) -> tuple[int, int]:
    """Make (height, width) of one number, which means a square.

    Raises:
        ValueError: If it is neither one nor two positive integers.
    """
    pair = (size, size) if isinstance(size, int) else tuple(size)
    if len(pair) != 2 or any(not isinstance(n, int) or n < 1 for n in pair):
        raise ValueError(
            f'size must be one or two positive integers, got {size!r}.'
        )
    return pair


def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize an image without aliasing, fast.

    PIL's bicubic filter widens with the reduction and is the reference.
    Each filter of OpenCV is close to it over some range of reductions
    (measured on thermal images): cubic up to 4/3, linear up to 2, pixel
    area above. Mean absolute differences are given in
    :class:`LoadRandomResizedCrop`.

    Args:
        image (np.ndarray): (H, W) or (H, W, C), uint8 or float32.
        size (tuple[int, int]): Height and width of the result.

    Returns:
        np.ndarray: (height, width) or (height, width, C), of the same type.
    """
    reduction = max(image.shape[0] / size[0], image.shape[1] / size[1])
    if reduction <= 4 / 3:
        interpolation = cv2.INTER_CUBIC
    elif reduction <= 2:
        interpolation = cv2.INTER_LINEAR
    else:
        interpolation = cv2.INTER_AREA
    resized = cv2.resize(image, size[::-1], interpolation=interpolation)
    return resized.reshape(*size, *image.shape[2:])  # OpenCV drops C = 1


@TRANSFORMS.register_module()
class LoadRandomResizedCrop(BaseTransform):
    """Load a random part of an image as grey, 8 bit, at one size.

    The augmentation of MAE and InfMAE (``RandomResizedCrop``), made cheap:
    the crop is chosen from a JPEG's header, the picture decoded at 1/2, 1/4
    or 1/8 where the crop stays at least as large as the output (its box is
    then snapped to whole pixels of the smaller picture), and cropped before
    it is resized. Raw counts are mapped (:mod:`.mapping`) by the whole
    picture, so that every crop of it looks alike.

    Against PIL's antialiased bicubic filter on the same box, grey levels of
    640x512 aerial thermal JPEGs differ in the mean (of the worst image) by
    0.35 (0.7) when decoded whole, by 0.6 (1.4) at 1/2 and by 1.1 (2.6) at
    1/4; over all crops to 224x224 by 0.40 (1.3). The tests hold the mean
    below 0.6 at 224 and below 1.2 at 1/4.

    Required keys: ``img_path``. Added keys: ``img`` (uint8, ``size``),
    ``img_shape``, ``ori_shape``, ``mapping`` (see
    :class:`.loading.LoadThermalImage`), ``crop_box`` (top, left, height and
    width in pixels of the whole picture).

    Args:
        size (int | tuple[int, int]): Output (height, width); a number means
            a square. Defaults to 224.
        scale (tuple[float, float]): Range of the crop's share of the area.
        ratio (tuple[float, float]): Range of the crop's width / height.
        mapping (str | dict): Rule of :mod:`.mapping` for images of more than
            8 bits. Defaults to ``'percentile'``.
        backend_args (dict, optional): Arguments of the file backend.
        palette (str): See :class:`.loading.LoadThermalImage`.
        radiometric (str | dict, optional): See there.
    """

    def __init__(
        self,
        size: int | tuple[int, int] = 224,
        scale: tuple[float, float] = (0.2, 1.0),
        ratio: tuple[float, float] = (3 / 4, 4 / 3),
        mapping: str | dict = 'percentile',
        backend_args: dict | None = None,
        palette: str = 'luma',
        radiometric: str | dict | None = None,
    ) -> None:
        check_palette(palette)
        radiometric_options(radiometric)
        if not 0 < scale[0] <= scale[1] <= 1:
            raise ValueError(f'scale must be within (0, 1], got {scale}.')
        if not 0 < ratio[0] <= ratio[1]:
            raise ValueError(f'ratio must be a positive range, got {ratio}.')
        self.size = to_height_width(size)
        self.scale = tuple(scale)
        self.ratio = tuple(ratio)
        self.mapping = build_mapping(mapping)
        self.backend_args = backend_args
        self.palette = palette
        self.radiometric = radiometric

    @cache_randomness
    def sample_box(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Draw a crop as torchvision's ``RandomResizedCrop`` does.

        Args:
            height (int): Height of the picture in pixels.
            width (int): Width of the picture in pixels.

        Returns:
            tuple[int, int, int, int]: Top, left, height, width in pixels.
        """
        for _ in range(10):
            # one call of the generator is cheaper than four
            u = np.random.random(4).tolist()
            share = self.scale[0] + u[0] * (self.scale[1] - self.scale[0])
            area = height * width * share
            ratio = self.ratio[0] * (self.ratio[1] / self.ratio[0]) ** u[1]
            h = round(math.sqrt(area / ratio))
            w = round(math.sqrt(area * ratio))
            if 0 < h <= height and 0 < w <= width:
                top = int(u[2] * (height - h + 1))
                left = int(u[3] * (width - w + 1))
                return top, left, h, w
        # a long picture: the largest central crop of an allowed ratio
        w = max(1, min(width, round(height * self.ratio[1])))
        h = max(1, min(height, round(width / self.ratio[0])))
        return (height - h) // 2, (width - w) // 2, h, w

    def transform(self, results: dict) -> dict:
        """Load and crop.

        Raises:
            UnreadableImageError: See :func:`.reading.read_image`.
        """
        file = InfraredFile(
            results['img_path'],
            self.backend_args,
            self.palette,
            self.radiometric,
        )
        box = self.sample_box(*file.size)
        by = self._reduction(box) if file.is_jpeg else 1
        # (top, left, height, width) in pixels of the decoded picture
        top, left, h, w = (n // by for n in box)
        image, figures = self.mapping(file.decode(by))
        results['mapping'] = {**figures, **file.notes}
        image = image[top : top + h, left : left + w]
        results['img'] = resize(image, self.size)
        results['img_shape'] = self.size
        results['ori_shape'] = file.size
        results['crop_box'] = (top * by, left * by, h * by, w * by)
        return results

    def _reduction(self, box: tuple[int, int, int, int]) -> int:
        room = min(box[2] // self.size[0], box[3] // self.size[1])
        return max(by for by in REDUCTIONS if by <= max(room, 1))

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(size={self.size}, scale={self.scale}, '
            f'ratio={self.ratio}, mapping={describe(self.mapping)}, '
            f'backend_args={self.backend_args}, palette={self.palette!r}, '
            f'radiometric={self.radiometric!r})'
        )


@TRANSFORMS.register_module()
class ResizeCenterCrop(BaseTransform):
    """Resize an image until it covers a size, and cut out its centre.

    Required keys: ``img`` ((H, W) or (H, W, C)). Modified keys: ``img`` (of
    ``size``, the same type and channels), ``img_shape``.

    Args:
        size (int | tuple[int, int]): Output (height, width); a number means
            a square. Defaults to 224.
    """

    def __init__(self, size: int | tuple[int, int] = 224) -> None:
        self.size = to_height_width(size)

    def transform(self, results: dict) -> dict:
        """Crop the largest centred box of the output's shape, then resize."""
        image = results['img']
        height, width = image.shape[:2]
        reduction = min(height / self.size[0], width / self.size[1])
        h = min(height, max(1, round(self.size[0] * reduction)))
        w = min(width, max(1, round(self.size[1] * reduction)))
        top, left = (height - h) // 2, (width - w) // 2
        image = image[top : top + h, left : left + w]
        results['img'] = resize(image, self.size)
        results['img_shape'] = self.size
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(size={self.size})'


@TRANSFORMS.register_module()
class PackInfrared(BaseTransform):
    """Pack an image for the model.

    Required keys: ``img`` ((H, W) or (H, W, C)), ``img_path``. The result
    holds ``inputs`` (tensor of the same type, (C, H, W), contiguous, C = 1
    where ``img`` has two dimensions) and ``data_samples``
    (``BaseDataElement`` with :attr:`META_KEYS`, where known, as metainfo).
    """

    META_KEYS = (
        'img_path',
        'unreadable',
        'ori_shape',
        'mapping',
        'crop_box',
        'flip',
    )

    def transform(self, results: dict) -> dict:
        """Pack."""
        image = results['img']
        # (C, H, W)
        image = image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
        sample = BaseDataElement()
        for key in self.META_KEYS:
            if key in results:
                # as `set_metainfo`, without its deep copy, which takes a
                # tenth of the time of a sample
                sample.set_field(results[key], key, field_type='metainfo')
        return dict(
            inputs=torch.from_numpy(np.ascontiguousarray(image)),
            data_samples=sample,
        )
