"""Shapes in pictures: enlarged pixels, outlines of masks."""

from collections.abc import Sequence

import cv2
import numpy as np


def enlarge(image: np.ndarray, factor: int) -> np.ndarray:
    """Repeat pixels; (H, W, ...) -> (H * factor, W * factor, ...)."""
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def outline_mask(
    image: np.ndarray,
    mask: np.ndarray,
    colour: Sequence[float],
    at: tuple[int, int] = (0, 0),
    holes: bool = False,
) -> list[np.ndarray]:
    """Draw the border pixels of a mask.

    Args:
        image (np.ndarray): (H, W, 3), uint8; drawn into.
        mask (np.ndarray): (h, w), bool or uint8, in pixels of the image.
        colour (Sequence[float]): 0 to 255, in the image's order.
        at (tuple[int, int]): (x, y) of the mask's upper left corner.
        holes (bool): Whether the borders of holes are drawn too.

    Returns:
        list[np.ndarray]: The outlines, each (N, 1, 2), x and y.
    """
    outlines, _ = cv2.findContours(
        mask.astype(np.uint8),
        cv2.RETR_LIST if holes else cv2.RETR_EXTERNAL,
        cv2.CHAIN_APPROX_NONE,
        offset=at,
    )
    cv2.drawContours(image, outlines, -1, tuple(colour), 1)
    return list(outlines)
