"""Drawing of boxes over thermal images."""

from collections.abc import Sequence

import cv2
import numpy as np

from .text import BLACK, drawable, text_size, write


def draw_boxes(
    image: np.ndarray,
    boxes: np.ndarray,
    texts: Sequence[str],
    colours: Sequence[Sequence[int]],
) -> np.ndarray:
    """Draw boxes, each with its text above it; the last ones on top.

    Args:
        image (np.ndarray): (H, W, 3), RGB, uint8.
        boxes (np.ndarray): (N, 4), left, top, right, bottom in pixels.
        texts (Sequence[str]): One of each box.
        colours (Sequence[Sequence[int]]): One of each box, RGB.

    Returns:
        np.ndarray: (H, W, 3), RGB, uint8.
    """
    drawn = image.copy()
    thick = max(1, round(min(image.shape[:2]) / 500))
    corners = np.rint(boxes).astype(int).tolist()
    colours = [tuple(map(int, colour)) for colour in colours]
    for (left, top, right, bottom), colour in zip(
        corners, colours, strict=True
    ):
        cv2.rectangle(drawn, (left, top), (right, bottom), colour, thick)
    height, width = image.shape[:2]
    for (left, top, _, bottom), text, colour in zip(
        corners, texts, colours, strict=True
    ):
        # no plate: it would hide more than small objects show
        text = drawable(text)
        wide, high = text_size(text)
        y = top - 3 if top > high + 4 else min(bottom + high + 3, height - 2)
        at = max(min(left, width - wide), 0), y
        write(drawn, text, at, BLACK, thickness=3)
        write(drawn, text, at, colour)
    return drawn
