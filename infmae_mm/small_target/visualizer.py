"""Pictures of what was found, what was missed, and false alarms."""

from collections.abc import Sequence

import cv2
import mmcv
import numpy as np
from mmengine.dist import master_only
from mmengine.registry import VISUALIZERS
from mmengine.structures import BaseDataElement
from mmengine.visualization import Visualizer

from ..drawing.targets import COLOURS, Component, draw_targets
from .matching import Components, match
from .measures import THRESHOLD
from .samples import target_mask, target_probability

__all__ = ['COLOURS', 'SmallTargetVisualizer']


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
        return draw_targets(image, _judge(mask, prediction), self.min_size)


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
    return [
        (box, components.labels[box] == i)
        for i, box in enumerate(components.boxes, 1)
    ]
