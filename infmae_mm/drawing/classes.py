"""Drawing of label maps over thermal images."""

from collections.abc import Sequence

import cv2
import numpy as np

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


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
        mask = (labels == i).astype(np.uint8)
        colour = np.array(palette[i])
        drawn[mask > 0] = image[mask > 0] * (1 - alpha) + colour * alpha
        outlines, _ = cv2.findContours(
            mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE
        )
        # Bright, as most of the colours of MSRS are dark, yet not all
        # alike: two of them differ in nothing else.
        bright = tuple((colour * (0.5 + 128 / colour.max())).tolist())
        cv2.drawContours(drawn, outlines, -1, bright, 1)
        largest = max(outlines, key=cv2.contourArea)
        named.append((classes[i], bright, cv2.boundingRect(largest)))
    if with_labels:
        for text, colour, (left, top, wide, _) in named:
            write_on_plate(drawn, text, colour, (left + wide // 2, top))
    return drawn


def write_on_plate(
    image: np.ndarray, text: str, colour: tuple, at: tuple[int, int]
) -> None:
    """Write above a point, or as near as the image allows.

    Args:
        image (np.ndarray): (H, W, 3), uint8; is drawn on.
        text (str): One line.
        colour (tuple): Of the plate, in the order of the image's channels.
        at (tuple[int, int]): x of its middle and y of its lower edge.
    """
    height, width = image.shape[:2]
    scale = min(max(min(height, width) / 800, 0.35), 2)
    thick = max(1, round(scale))
    (w, h), below = cv2.getTextSize(
        text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick
    )
    w, h = w + 4, h + below + 2
    x = int(np.clip(at[0] - w // 2, 0, max(width - w, 0)))
    y = int(np.clip(at[1] - h, 0, max(height - h, 0)))
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
