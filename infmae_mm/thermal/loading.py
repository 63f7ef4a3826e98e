"""Loading of thermal images, for the pipelines of every OpenMMLab library."""

from collections.abc import Sequence

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.registry import TRANSFORMS

from .mapping import build_mapping, describe
from .palettes import check_palette, palette_to_grey
from .reading import InfraredFile
from .temperature import radiometric_options


def array_to_grey(image: np.ndarray) -> np.ndarray:
    """Take the grey values of an image in memory.

    Args:
        image (np.ndarray): (H, W), (H, W, 1), or (H, W, 3) or (H, W, 4) in
            OpenCV's order of channels, blue first, whose luma is taken.

    Returns:
        np.ndarray: (H, W), of the same type.

    Raises:
        ValueError: If it is no such array of real numbers.
    """
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.ndim not in (2, 3) or image.dtype.kind not in 'uif':
        channels = 0
    if channels == 1:
        return image.reshape(image.shape[:2])
    if channels in (3, 4) and image.dtype in (np.uint8, np.uint16, np.float32):
        grey = np.ascontiguousarray(image[..., :3])
        return cv2.cvtColor(grey, cv2.COLOR_BGR2GRAY)
    raise ValueError(
        f'An array of shape {image.shape} and type {image.dtype} is no image: '
        'it must be (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of numbers, of '
        'three or four channels in uint8, uint16 or float32.'
    )


def name_of_step(step: dict) -> str:
    """The transform of a step of a pipeline, without its scope."""
    kind = step['type']
    name = kind if isinstance(kind, str) else kind.__name__
    return name.split('.')[-1]


def split_pipeline(pipeline: Sequence[dict]) -> tuple[list, list]:
    """Split a test pipeline; what loads labels is left out.

    Args:
        pipeline (Sequence[dict]): Configs of its steps.

    Returns:
        tuple[list[dict], list[dict]]: Each :class:`LoadThermalImage`, and
        what does not load.
    """
    loaders, others = [], []
    for step in pipeline:
        name = name_of_step(step)
        if name == 'LoadThermalImage':
            loaders.append(step)
        elif not name.startswith('Load'):
            others.append(step)
    return loaders, others


@TRANSFORMS.register_module()
class LoadThermalImage(BaseTransform):
    """Load a thermal image of any depth: ``LoadImageFromFile`` for infrared.

    Files of 8 or 16 bits and floats, grey, colour, with a palette or an
    alpha channel become grey values of 0 to 255 (:mod:`.reading` tells what
    is read, :mod:`.mapping` how). Works in pipelines of mmpretrain, mmseg
    and mmdet.

    Required keys: ``img_path``; or, where it is missing or None, ``img``, an
    image in memory (:func:`array_to_grey`). Added keys: ``img``,
    ``img_shape`` and ``ori_shape`` (height and width), ``mapping`` (a dict:
    the rule and its figures, ``low`` and ``high`` in the unit of the file;
    ``palette``, where colours were mapped back, and ``unit``, where the frame
    of a radiometric JPEG was read).

    Args:
        channels (int): 1 for (H, W, 1), or 3 for (H, W, 3), the same grey in
            each. Many transforms drop the one channel and work on (H, W);
            what packs the inputs puts it back. Defaults to 3.
        mapping (str | dict): Rule for images of more than 8 bits:
            ``'percentile'``, ``'minmax'``, ``'clahe'``, or a dict of ``rule``
            and options. Defaults to ``'percentile'``.
        to_float32 (bool): Give float32 of the same range, 0 to 255, which
            keeps what is finer than a grey level of 8 bits. Otherwise uint8.
            Defaults to False.
        backend_args (dict, optional): Arguments of the file backend.
        palette (str): How colours of 8 bits become grey: ``'luma'``; the name
            of a palette (:func:`.palettes.palette_names`), whose colours are
            mapped back to the grey levels behind them; or ``'auto'``, which
            finds it, and takes the luma where there is none. Defaults to
            ``'luma'``.
        radiometric (str | dict, optional): Read the frame in the header of a
            radiometric JPEG: ``'counts'`` or ``'temperature'``, see
            :class:`.reading.InfraredFile`. Defaults to None, the picture.
    """

    def __init__(
        self,
        channels: int = 3,
        mapping: str | dict = 'percentile',
        to_float32: bool = False,
        backend_args: dict | None = None,
        palette: str = 'luma',
        radiometric: str | dict | None = None,
    ) -> None:
        check_palette(palette)
        radiometric_options(radiometric)
        if channels not in (1, 3):
            raise ValueError(f'channels must be 1 or 3, got {channels!r}.')
        self.channels = channels
        self.mapping = build_mapping(mapping)
        self.to_float32 = to_float32
        self.backend_args = backend_args
        self.palette = palette
        self.radiometric = radiometric

    def transform(self, results: dict) -> dict:
        """Load.

        Raises:
            UnreadableImageError: See :func:`.reading.read_image`.
            ValueError: If an array is no image, none of its values is
                finite, or its colours are not of the palette.
        """
        notes = {}
        if results.get('img_path') is not None:
            file = InfraredFile(
                results['img_path'],
                self.backend_args,
                self.palette,
                self.radiometric,
            )
            image, notes = file.decode(), file.notes
        else:
            image = results['img']
            colour = image.ndim == 3 and image.shape[2] in (3, 4)
            if self.palette != 'luma' and colour and image.dtype == np.uint8:
                bgr = np.ascontiguousarray(image[..., :3])
                image, notes['palette'] = palette_to_grey(bgr, self.palette)
            else:
                image = array_to_grey(image)
        image, figures = self.mapping(
            image, np.float32 if self.to_float32 else np.uint8
        )
        results['mapping'] = {**figures, **notes}
        results['img_shape'] = results['ori_shape'] = image.shape
        results['img'] = (
            image[..., None]  # (H, W, 1)
            if self.channels == 1
            else cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)  # (H, W, 3)
        )
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(channels={self.channels}, '
            f'mapping={describe(self.mapping)}, '
            f'to_float32={self.to_float32}, '
            f'backend_args={self.backend_args}, palette={self.palette!r}, '
            f'radiometric={self.radiometric!r})'
        )
