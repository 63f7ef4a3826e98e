"""Text in pictures: measured, cut to a width, written."""

import cv2
import numpy as np

FONT, SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.4
WHITE, BLACK = (255, 255, 255), (0, 0, 0)

Colour = tuple[float, float, float]


def drawable(text: str) -> str:
    """A text in which what OpenCV cannot draw is a question mark."""
    return text.encode('ascii', 'replace').decode()


def text_size(
    text: str, scale: float = SCALE, thickness: int = 1
) -> tuple[int, int]:
    """Width and height of a line of text in pixels, above its base line."""
    return cv2.getTextSize(text, FONT, scale, thickness)[0]


def write(
    image: np.ndarray,
    text: str,
    at: tuple[int, int],
    colour: Colour,
    scale: float = SCALE,
    thickness: int = 1,
) -> None:
    """Write a line of text; ``at`` is (x, y) of its lower left corner."""
    cv2.putText(image, text, at, FONT, scale, colour, thickness, cv2.LINE_AA)


def shorten(text: str, width: int) -> str:
    """Cut the beginning of a text, so that it fits into a width."""
    text = drawable(text)
    if text_size(text)[0] <= width:
        return text
    while text and text_size(f'..{text}')[0] > width:
        text = text[1:]
    return f'..{text}'


def write_plate(
    image: np.ndarray,
    text: str,
    colour: Colour,
    box: tuple[int, int, int, int],
) -> None:
    """Write on a plate above a box, or as near as the image allows.

    Args:
        image (np.ndarray): (H, W, 3), uint8, RGB; written into.
        text (str): The text; its size follows from that of the image.
        colour (tuple): Of the plate, 0 to 255.
        box (tuple[int, int, int, int]): Left, top, width and height.
    """
    height, width = image.shape[:2]
    scale = min(max(min(height, width) / 800, 0.35), 2)
    thick = max(1, round(scale))
    (w, h), below = cv2.getTextSize(text, FONT, scale, thick)
    w, h = w + 4, h + below + 2
    left, top, wide, _ = box
    x = int(np.clip(left + wide // 2 - w // 2, 0, max(width - w, 0)))
    y = int(np.clip(top - h, 0, max(height - h, 0)))
    cv2.rectangle(image, (x, y), (x + w, y + h), colour, cv2.FILLED)
    dark = np.dot(colour, (0.299, 0.587, 0.114)) < 140
    ink = WHITE if dark else BLACK
    write(image, text, (x + 2, y + h - below), ink, scale, thick)
