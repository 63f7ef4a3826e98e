"""Drawing of classes over thermal images."""

import numpy as np
from mmengine.structures import PixelData
from mmseg.registry import VISUALIZERS
from mmseg.visualization import SegLocalVisualizer

from ..drawing.classes import draw_classes


@VISUALIZERS.register_module()
class InfraredSegVisualizer(SegLocalVisualizer):
    """mmseg's visualizer, fit for dark images and for thin shapes.

    mmseg blends every class into the image, so that a black background
    darkens it, and the names of the classes, drawn before, fade as well.
    Here a class whose colour in the palette is black is left as it is; the
    others are tinted, outlined at full strength, and each is named once, at
    its largest part.

    Args:
        name (str): Name of the instance. Defaults to 'visualizer'.
        vis_backends (list[dict], optional): Where images are recorded.
        save_dir (str, optional): Folder of the local backends.
        alpha (float): Strength of the tint, 0 to 1. Defaults to 0.4.
    """

    def __init__(
        self,
        name: str = 'visualizer',
        vis_backends: list[dict] | None = None,
        save_dir: str | None = None,
        alpha: float = 0.4,
    ) -> None:
        super().__init__(
            name=name,
            vis_backends=vis_backends,
            save_dir=save_dir,
            alpha=alpha,
        )

    def _draw_sem_seg(
        self,
        image: np.ndarray,
        sem_seg: PixelData,
        classes: list[str],
        palette: list,
        with_labels: bool = True,
    ) -> np.ndarray:
        """Draw a label map over an image.

        Args:
            image (np.ndarray): (H, W, 3), RGB, uint8.
            sem_seg (PixelData): ``data`` of (1, H, W), ids of classes;
                others are not drawn.
            classes (list[str]): Names of the classes.
            palette (list): Their colours.
            with_labels (bool): Whether to write the names.

        Returns:
            np.ndarray: (H, W, 3), RGB, uint8.
        """
        labels = np.asarray(sem_seg.cpu().data)[0]  # (H, W)
        drawn = draw_classes(
            image, labels, classes, palette, self.alpha, with_labels
        )
        self.set_image(drawn)
        return drawn
