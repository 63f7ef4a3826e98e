"""Pictures of what was found, what was missed, and false alarms."""

import math
from collections.abc import Sequence

import cv2
import mmcv
import numpy as np
from mmengine.dist import master_only
from mmengine.registry import VISUALIZERS
from mmengine.structures import BaseDataElement
from mmengine.visualization import Visualizer
from scipy import ndimage

from ..drawing.shapes import enlarge, outline_mask
from ..drawing.text import text_size, write
from .matching import Components, match
from .measures import THRESHOLD
from .samples import target_mask, target_probability

COLOURS = {
    'hit': (40, 220, 110),
    'missed': (255, 200, 0),
    'false alarm': (255, 50, 170),
    'target': (40, 220, 110),
    'predicted': (90, 170, 255),
}
"""RGB by what a component is; the last two where only one side is drawn."""

_MARGIN = 7  # pixels between a component and its box
_STRIP = 30  # height of the legend in pixels


@VISUALIZERS.register_module()
class SmallTargetVisualizer(Visualizer):
    """Draw small targets as :class:`.SmallTargetMetric` counts them.

    Each component has a box and an outline: hits show the outline of the
    prediction, misses that of the target. A strip below says how many of
    each there are. Small pictures are enlarged by a whole number.

    Args:
        name (str): Name of the instance.
        image (np.ndarray, optional): See ``Visualizer``.
        vis_backends (Sequence[dict], optional): See ``Visualizer``.
        save_dir (str, optional): See ``Visualizer``.
        min_size (int): The longer side is enlarged to at least so many
            pixels. Defaults to 640.
    """

    def __init__(
        self,
        name: str = 'visualizer',
        image: np.ndarray | None = None,
        vis_backends: Sequence[dict] | None = None,
        save_dir: str | None = None,
        min_size: int = 640,
    ) -> None:
        super().__init__(name, image, vis_backends, save_dir)
        self.min_size = min_size

    @master_only
    def add_datasample(
        self,
        name: str,
        image: np.ndarray,
        data_sample: BaseDataElement | None = None,
        draw_gt: bool = True,
        draw_pred: bool = True,
        show: bool = False,
        wait_time: float = 0,
        out_file: str | None = None,
        step: int = 0,
    ) -> None:
        """Draw a sample; show it, write it, or hand it to the backends.

        Args:
            name (str): Name of the picture.
            image (np.ndarray): (H, W, 3), uint8, RGB, at native size.
            data_sample (SegDataSample, optional): With ``gt_sem_seg`` and
                ``seg_logits``, as of :class:`.SmallTargetMetric`.
            draw_gt (bool): Draw targets, if the sample has a mask.
            draw_pred (bool): Draw predictions, if it has some.
            show (bool): Show a window.
            wait_time (float): Seconds until it closes; 0: until a key.
            out_file (str, optional): Write the picture to this file.
            step (int): Step for the backends.

        Raises:
            ValueError: If the image has not the size of the masks.
        """
        mask = prediction = None
        if data_sample is not None:
            if draw_gt and 'gt_sem_seg' in data_sample:
                mask = target_mask(data_sample)
            if draw_pred and 'seg_logits' in data_sample:
                prediction = target_probability(data_sample) > THRESHOLD
        for side in (mask, prediction):
            if side is not None and side.shape != image.shape[:2]:
                raise ValueError(
                    f'{name}: the image has the size {image.shape[:2]}, its '
                    f'mask {side.shape}. Draw the image as it is in its file.'
                )
        drawn = self._draw(image, mask, prediction)
        self.set_image(drawn)
        if show:
            self.show(drawn, win_name=name, wait_time=wait_time)
        if out_file is None:
            self.add_image(name, drawn, step)
        else:
            mmcv.imwrite(cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR), out_file)

    def _draw(
        self,
        image: np.ndarray,
        mask: np.ndarray | None,
        prediction: np.ndarray | None,
    ) -> np.ndarray:
        factor = max(1, math.ceil(self.min_size / max(image.shape[:2])))
        drawn = enlarge(image, factor)
        kinds = _judge(mask, prediction)
        for kind, components in kinds.items():
            for box, shape in components:
                _draw_component(drawn, box, shape, factor, COLOURS[kind])
        counts = {kind: len(found) for kind, found in kinds.items()}
        return np.concatenate([drawn, _legend(drawn.shape[1], counts)])


Component = tuple[tuple[slice, slice], np.ndarray]
"""Where a component is, rows and columns, and its shape there (bool)."""


def _judge(
    mask: np.ndarray | None, prediction: np.ndarray | None
) -> dict[str, list[Component]]:
    """Components by what they are, a key of :data:`COLOURS`."""
    if mask is None and prediction is None:
        return {}
    if prediction is None:
        return dict(target=_cut_out(Components.of(mask)))
    if mask is None:
        return dict(predicted=_cut_out(Components.of(prediction)))
    targets, found = Components.of(mask), Components.of(prediction)
    matches = match(targets, found)
    hits = set(matches[matches >= 0].tolist())
    kinds = {'hit': [], 'missed': [], 'false alarm': []}
    for i, component in enumerate(_cut_out(targets)):
        if matches[i] < 0:
            kinds['missed'].append(component)
    for i, component in enumerate(_cut_out(found)):
        kinds['hit' if i in hits else 'false alarm'].append(component)
    return kinds


def _cut_out(components: Components) -> list[Component]:
    boxes = ndimage.find_objects(components.labels)
    return [
        (box, components.labels[box] == i) for i, box in enumerate(boxes, 1)
    ]


def _draw_component(
    drawn: np.ndarray,
    box: tuple[slice, slice],
    shape: np.ndarray,
    factor: int,
    colour: tuple[int, int, int],
) -> None:
    rows, columns = box
    at = columns.start * factor, rows.start * factor
    outline_mask(drawn, enlarge(shape, factor), colour, at)
    cv2.rectangle(
        drawn,
        (columns.start * factor - _MARGIN, rows.start * factor - _MARGIN),
        (columns.stop * factor + _MARGIN, rows.stop * factor + _MARGIN),
        colour,
        2,
    )


def _legend(width: int, counts: dict[str, int]) -> np.ndarray:
    """(_STRIP, width, 3), uint8: each kind, its colour and number."""
    strip = np.full((_STRIP, width, 3), 24, np.uint8)
    left = 10
    for kind, count in counts.items():
        cv2.rectangle(strip, (left, 9), (left + 12, 21), COLOURS[kind], -1)
        text = f'{kind}: {count}'
        write(strip, text, (left + 20, 20), (235, 235, 235), 0.5)
        left += 20 + text_size(text, 0.5)[0] + 24
    return strip
