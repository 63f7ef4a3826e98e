"""Drawing of small targets over thermal images."""

import math

import cv2
import numpy as np

from .shapes import enlarge, outline_mask
from .text import text_size, write

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

Component = tuple[tuple[slice, slice], np.ndarray]
"""Where a component is, rows and columns, and its shape there (bool)."""


def draw_targets(
    image: np.ndarray, kinds: dict[str, list[Component]], min_size: int = 640
) -> np.ndarray:
    """Draw a box and an outline for each target, and a legend below.

    Args:
        image (np.ndarray): (H, W, 3), RGB, uint8.
        kinds (dict[str, list[Component]]): Targets by what they are, a key
            of :data:`COLOURS`.
        min_size (int): The longer side is enlarged, by a whole number, to at
            least so many pixels. Defaults to 640.

    Returns:
        np.ndarray: (H * factor + 30, W * factor, 3), RGB, uint8.
    """
    factor = max(1, math.ceil(min_size / max(image.shape[:2])))
    drawn = enlarge(image, factor)
    for kind, components in kinds.items():
        for box, shape in components:
            _draw_component(drawn, box, shape, factor, COLOURS[kind])
    counts = {kind: len(found) for kind, found in kinds.items()}
    return np.concatenate([drawn, _legend(drawn.shape[1], counts)])


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
