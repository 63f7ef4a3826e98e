"""Drawing of label maps over thermal images."""

from collections.abc import Sequence

import cv2
import numpy as np

from .shapes import outline_mask
from .text import write_plate


def draw_classes(
    image: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    palette: Sequence[Sequence[int]],
    alpha: float = 0.4,
    with_labels: bool = True,
) -> np.ndarray:
    """Tint, outline and name the classes of a label map.

    A class whose colour is black is left as it is; each other one is named
    once, at its largest part.

    Args:
        image (np.ndarray): (H, W, 3), RGB, uint8.
        labels (np.ndarray): (H, W), ids of classes; others are not drawn.
        classes (Sequence[str]): Names of the classes.
        palette (Sequence[Sequence[int]]): Their colours, RGB, 0 to 255.
        alpha (float): Strength of the tint, 0 to 1. Defaults to 0.4.
        with_labels (bool): Whether to write the names.

    Returns:
        np.ndarray: (H, W, 3), RGB, uint8.
    """
    drawn = image.copy()
    named = []
    for i in np.unique(labels):
        if i >= len(classes) or not any(palette[i]):
            continue
        mask = labels == i
        colour = np.array(palette[i])
        drawn[mask] = image[mask] * (1 - alpha) + colour * alpha
        # Bright, as most of the colours of MSRS are dark, yet not all
        # alike: two of them differ in nothing else.
        bright = tuple((colour * (0.5 + 128 / colour.max())).tolist())
        outlines = outline_mask(drawn, mask, bright, holes=True)
        largest = max(outlines, key=cv2.contourArea)
        named.append((classes[i], bright, cv2.boundingRect(largest)))
    if with_labels:
        for text, colour, box in named:
            write_plate(drawn, text, colour, box)
    return drawn
