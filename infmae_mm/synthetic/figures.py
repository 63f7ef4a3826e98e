"""Figures of rendered thermal scenes: people, vehicles, street lamps."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator

from ..classes import MSRS_CLASSES

CLASSES = (*MSRS_CLASSES, 'building', 'bus', 'lamp', 'target')
"""Names of the label ids. The first nine are those of MSRS."""

_ID = {name: i for i, name in enumerate(CLASSES)}


@dataclass
class Canvas:
    """Temperatures (float32, kelvin above the coldest) under construction.

    Attributes:
        heat (np.ndarray): (H, W), float32.
        labels (np.ndarray): (H, W), uint8.
        objects (np.ndarray): (H, W), int32, index into ``drawn`` plus one.
        drawn (list[tuple[str, int]]): Class and full area of each object.
    """

    heat: np.ndarray
    labels: np.ndarray = field(init=False)
    objects: np.ndarray = field(init=False)
    drawn: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.labels = np.zeros(self.heat.shape, np.uint8)
        self.objects = np.zeros(self.heat.shape, np.int32)

    def add(self, name: str, mask: np.ndarray) -> None:
        """Label the pixels of a finished object."""
        self.drawn.append((name, int(mask.sum())))
        self.labels[mask] = _ID[name]
        self.objects[mask] = len(self.drawn)

    def boxes(self) -> tuple[np.ndarray, list[str]]:
        """Boxes of the objects of which half can be seen."""
        boxes, names = [], []
        for i, (name, area) in enumerate(self.drawn, 1):
            y, x = np.nonzero(self.objects == i)
            if name != 'building' and 2 * y.size > area:
                boxes.append([x.min(), y.min(), x.max() + 1, y.max() + 1])
                names.append(name)
        return np.array(boxes, np.int64).reshape(-1, 4), names


class Figure:
    """Shapes of one object, in units of its height above its foot.

    Args:
        shape (tuple[int, int]): Of the picture.
        foot (tuple[float, float]): x, y in pixels of the lowest point.
        height (float): In pixels.
        mirrored (bool): Left and right exchanged.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        foot: tuple[float, float],
        height: float,
        mirrored: bool,
    ) -> None:
        self.heat = np.zeros(shape, np.float32)
        self.mask = np.zeros(shape, np.uint8)
        self.foot = foot
        self.height = height
        self.sign = -1 if mirrored else 1

    def polygon(self, points: list[tuple[float, float]], heat: float) -> None:
        """Fill a polygon; points are (x, y), y upwards from the foot."""
        x, y = self.foot
        pixels = [
            (x + self.sign * px * self.height, y - py * self.height)
            for px, py in points
        ]
        # eighths of a pixel: small figures keep their proportions
        pixels = np.round(np.array(pixels) * 8).astype(np.int32)
        cv2.fillPoly(self.heat, [pixels], float(heat), shift=3)
        cv2.fillPoly(self.mask, [pixels], 1, shift=3)

    def ellipse(
        self, x: float, y: float, a: float, b: float, heat: float
    ) -> None:
        """Fill an ellipse with centre (x, y) and half axes a, b."""
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        self.polygon(
            [(x + a * np.cos(t), y + b * np.sin(t)) for t in angles.tolist()],
            heat,
        )

    def limb(
        self, points: list[tuple[float, float]], width: float, heat: float
    ) -> None:
        """Draw a line of some width through points."""
        points = np.array(points)
        along = np.gradient(points, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], 1)
        across *= width / 2 / np.linalg.norm(across, axis=1, keepdims=True)
        outline = np.concatenate([points + across, (points - across)[::-1]])
        self.polygon(outline.tolist(), heat)

    def place(self, canvas: Canvas, name: str, contrast: float) -> None:
        """Draw it over a canvas: blurred inside, its heat faded."""
        x, y, w, h = cv2.boundingRect(self.mask)
        if not w:
            return
        window = np.s_[y : y + h, x : x + w]
        shape = self.mask[window].astype(np.float32)
        # heat flows between the parts, but not out of the figure
        sigma = max(self.height / 40, 0.3)
        heat = cv2.GaussianBlur(self.heat[window], (0, 0), sigma)
        heat /= cv2.GaussianBlur(shape, (0, 0), sigma) + 1e-6
        inside = shape > 0
        behind = canvas.heat[window]
        behind[inside] = behind[inside].mean() + contrast * heat[inside]
        canvas.add(name, self.mask > 0)


def draw_person(figure: Figure, rng: Generator) -> None:
    """Warm head and hands, cooler clothes; standing or walking."""
    stride = rng.uniform(0.02, 0.13)
    swing = rng.uniform(0.0, 0.1)
    clothes = rng.uniform(4, 7)
    for side in (-1, 1):
        figure.limb(
            [(0.02 * side, 0.5), (0.6 * stride * side, 0.26)]
            + [(stride * side, 0.0)],
            0.085,
            clothes - 1,
        )
        figure.limb(
            [(0.1 * side, 0.8), (0.13 * side + swing * side / 3, 0.62)]
            + [(0.1 * side + swing * side, 0.45)],
            0.06,
            clothes,
        )
        figure.ellipse(0.1 * side + swing * side, 0.44, 0.03, 0.03, 10)
    figure.polygon(
        [(-0.11, 0.82), (0.11, 0.82), (0.085, 0.46), (-0.085, 0.46)],
        clothes,
    )
    figure.ellipse(0, 0.8, 0.115, 0.05, clothes)
    figure.limb([(0, 0.8), (0, 0.87)], 0.06, 9)
    figure.ellipse(0, 0.92, 0.058, 0.08, 11)


def draw_car(figure: Figure, rng: Generator) -> None:
    """Side view: hot wheels and bonnet, glass that mirrors the cold sky."""
    body, engine = rng.uniform(0.5, 3), rng.uniform(2, 8)
    outline = [(-1.4, 0.2), (-1.42, 0.6), (-1.0, 0.66), (-0.7, 1.0)]
    outline += [(0.25, 1.0), (0.65, 0.66), (1.35, 0.56), (1.42, 0.2)]
    figure.polygon(outline, body)
    figure.polygon(
        [(0.62, 0.64), (1.33, 0.55), (1.38, 0.3), (0.7, 0.3)], engine
    )
    for glass in (
        [(-0.88, 0.68), (-0.64, 0.94), (-0.25, 0.94), (-0.25, 0.68)],
        [(-0.17, 0.68), (-0.17, 0.94), (0.2, 0.94), (0.5, 0.68)],
    ):
        figure.polygon(glass, -3)
    figure.limb([(-1.3, 0.13), (1.3, 0.13)], 0.12, engine * 0.7)
    for x in (-0.85, 0.88):
        figure.ellipse(x, 0.2, 0.24, 0.2, 5)
        figure.ellipse(x, 0.2, 0.1, 0.09, 2)


def draw_bus(figure: Figure, rng: Generator) -> None:
    """Side view: a row of windows, the engine at one end."""
    figure.polygon(
        [(-1.6, 0.1), (-1.6, 1.0), (1.55, 1.0), (1.6, 0.1)],
        rng.uniform(0.5, 3),
    )
    for x in np.arange(-1.45, 1.3, 0.45).tolist():
        figure.polygon(
            [(x, 0.5), (x, 0.85), (x + 0.36, 0.85), (x + 0.36, 0.5)],
            rng.uniform(-3, 1),
        )
    figure.polygon([(-1.6, 0.14), (-1.6, 0.4), (-1.2, 0.4), (-1.2, 0.14)], 5)
    for x in (-0.95, 0.95):
        figure.ellipse(x, 0.12, 0.14, 0.12, 6)


def draw_bike(figure: Figure, rng: Generator) -> None:
    """A motorcycle: two wheels, a hot engine and exhaust between them."""
    for x in (-0.6, 0.6):
        figure.ellipse(x, 0.3, 0.3, 0.3, 3)
        figure.ellipse(x, 0.3, 0.14, 0.14, 1)
    figure.limb([(-0.6, 0.3), (0.0, 0.45), (0.45, 0.8)], 0.12, 3)
    figure.limb([(0.6, 0.3), (0.42, 0.95), (0.3, 1.0)], 0.08, 2)
    figure.limb([(-0.8, 0.7), (-0.2, 0.68), (0.3, 0.78)], 0.18, 3)
    figure.ellipse(0.0, 0.38, 0.24, 0.18, rng.uniform(7, 14))
    figure.limb([(0.0, 0.25), (-0.5, 0.18), (-0.8, 0.22)], 0.09, 10)


FIGURES = {
    # name: (drawing, height in metres, chance)
    'person': (draw_person, (1.5, 1.9), 0.48),
    'car': (draw_car, (1.35, 1.8), 0.36),
    'bike': (draw_bike, (1.0, 1.2), 0.1),
    'bus': (draw_bus, (2.8, 3.4), 0.06),
}
