"""Drawing of classes over thermal images."""

import cv2
import numpy as np
from mmengine.structures import PixelData
from mmseg.registry import VISUALIZERS
from mmseg.visualization import SegLocalVisualizer

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


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
        drawn = image.copy()
        named = []
        for i in np.unique(labels):
            if i >= len(classes) or not any(palette[i]):
                continue
            mask = (labels == i).astype(np.uint8)
            colour = np.array(palette[i])
            drawn[mask > 0] = (
                image[mask > 0] * (1 - self.alpha) + colour * self.alpha
            )
            outlines, _ = cv2.findContours(
                mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE
            )
            # Bright, as most of the colours of MSRS are dark, yet not all
            # alike: two of them differ in nothing else.
            brightest = colour.max()
            bright = tuple((colour * (0.5 + 128 / brightest)).tolist())
            cv2.drawContours(drawn, outlines, -1, bright, 1)
            largest = max(outlines, key=cv2.contourArea)
            named.append((classes[i], bright, largest))
        if with_labels:
            for text, colour, outline in named:
                _write_name(drawn, text, colour, outline)
        self.set_image(drawn)
        return drawn


def _write_name(
    image: np.ndarray, text: str, colour: tuple, outline: np.ndarray
) -> None:
    """Write on a plate above a shape, or as near as the image allows."""
    height, width = image.shape[:2]
    scale = min(max(min(height, width) / 800, 0.35), 2)
    thick = max(1, round(scale))
    (w, h), below = cv2.getTextSize(
        text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick
    )
    w, h = w + 4, h + below + 2
    left, top, wide, _ = cv2.boundingRect(outline)
    x = int(np.clip(left + wide // 2 - w // 2, 0, max(width - w, 0)))
    y = int(np.clip(top - h, 0, max(height - h, 0)))
    cv2.rectangle(image, (x, y), (x + w, y + h), colour, cv2.FILLED)
    dark = np.dot(colour, (0.299, 0.587, 0.114)) < 140
    cv2.putText(
        image,
        text,
        (x + 2, y + h - below),
        cv2.FONT_HERSHEY_SIMPLEX,
        scale,
        WHITE if dark else BLACK,
        thick,
        cv2.LINE_AA,
    )
