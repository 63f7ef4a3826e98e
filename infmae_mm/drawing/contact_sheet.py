"""Many small pictures with captions on one."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .text import shorten, write

GAP, LINE = 8, 16
PAPER, INK = 255, (32, 32, 32)


@dataclass(frozen=True)
class Tile:
    """One picture of a sheet.

    Attributes:
        image (np.ndarray): (H, W) grey or (H, W, 3) BGR, uint8.
        caption (tuple[str, ...]): Lines of text below; what is too long
            loses its beginning.
    """

    image: np.ndarray
    caption: tuple[str, ...] = ()


def fit_scale(
    shape: tuple[int, ...], width: int, height: int, largest: float = np.inf
) -> float:
    """Largest factor at which a picture fits into a box."""
    return min(width / shape[1], height / shape[0], largest)


def fit(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """Scale a picture to fit into a box, keeping its proportions.

    Args:
        image (np.ndarray): (H, W) or (H, W, 3), uint8.
        width (int): Of the box, in pixels.
        height (int): Of the box, in pixels.

    Returns:
        np.ndarray: BGR, (h, w, 3), uint8.
    """
    scale = fit_scale(image.shape, width, height)
    size = [max(round(n * scale), 1) for n in image.shape[1::-1]]
    # enlarged pixels stay pixels: this is about what is there
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    image = cv2.resize(image, size, interpolation=how)
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    return image


def contact_sheet(
    rows: Sequence[Sequence[Tile]], width: int, height: int
) -> np.ndarray:
    """Lay out pictures.

    Args:
        rows (Sequence[Sequence[Tile]]): Pictures row by row.
        width (int): Of the box that each picture fits into, in pixels.
        height (int): Of the box, in pixels.

    Returns:
        np.ndarray: BGR, (H, W, 3), uint8.
    """
    fitted = [[fit(tile.image, width, height) for tile in row] for row in rows]
    lines = max(len(tile.caption) for row in rows for tile in row)
    # a row is no higher than its pictures: captions stay close to them
    heights = [max(len(image) for image in row) for row in fitted]
    below = lines * LINE + GAP
    wide = width + GAP
    shape = (
        sum(heights) + below * len(rows) + GAP,
        wide * max(len(row) for row in rows) + GAP,
        3,
    )
    sheet = np.full(shape, PAPER, np.uint8)
    top = GAP
    for row, images, high in zip(rows, fitted, heights, strict=True):
        for c, (tile, image) in enumerate(zip(row, images, strict=True)):
            left = GAP + c * wide
            h, w = image.shape[:2]
            x = left + (width - w) // 2
            sheet[top + high - h : top + high, x : x + w] = image
            for i, text in enumerate(tile.caption, 1):
                at = left, top + high + i * LINE - 4
                write(sheet, shorten(text, width), at, INK)
        top += high + below
    return sheet
