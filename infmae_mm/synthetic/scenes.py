"""Rendered scenes that look like thermal images, with their labels.

For demonstrations and tests where no real set is at hand. A scene is drawn
as a map of temperatures, seen through the blur of a lens and the noise of
an uncooled sensor, and turned into counts or grey values. Everything follows
from one random generator.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from ..thermal.mapping import Percentile
from .figures import FIGURES, Canvas, Figure


@dataclass
class Scene:
    """A rendered picture and what is in it.

    Attributes:
        image (np.ndarray): (H, W), uint8 grey values or uint16 counts.
        labels (np.ndarray): (H, W), uint8 indices of :data:`.figures.CLASSES`.
        targets (np.ndarray): (H, W), bool, the small targets.
        boxes (np.ndarray): (N, 4), int64, left, top, right, bottom of what
            is visible of each object, in pixels; right and bottom exclusive.
        names (list[str]): Class of each box, of :data:`.figures.CLASSES`.
    """

    image: np.ndarray
    labels: np.ndarray
    targets: np.ndarray
    boxes: np.ndarray
    names: list[str]


def smooth_noise(
    rng: Generator, shape: tuple[int, int], cell: float, octaves: int = 4
) -> np.ndarray:
    """Clutter of about unit variance; ``cell`` is its coarsest grain in px.

    Returns:
        np.ndarray: (H, W), float32.
    """
    total, power = np.zeros(shape, np.float32), 0.0
    for octave in range(octaves):
        grain = max(cell / 2**octave, 1)
        grid = [int(n / grain) + 3 for n in shape]
        noise = rng.normal(size=grid).astype(np.float32)
        noise = cv2.resize(noise, shape[::-1], interpolation=cv2.INTER_CUBIC)
        total += noise * 0.6**octave
        power += 0.6 ** (2 * octave)
    return total / np.float32(power**0.5)


def draw_background(
    rng: Generator, shape: tuple[int, int], horizon: int
) -> Canvas:
    """Cold sky that warms towards the horizon, warmer ground with clutter.

    Returns:
        Canvas: Without objects.
    """
    height, width = shape
    y = np.arange(height, dtype=np.float32)[:, None]
    sky = rng.uniform(6, 12) * np.clip(y / max(horizon, 1), 0, 1) ** 2
    clouds = smooth_noise(rng, shape, width / 3)
    sky = sky + rng.uniform(0.5, 2) * np.clip(clouds, -0.5, 2)
    ground = rng.uniform(12, 16) + rng.uniform(-2, 3) * (y / height)
    ground = ground + rng.uniform(0.4, 1) * smooth_noise(rng, shape, width / 5)
    # seen flat: fields and paths are wide and low
    flat = smooth_noise(rng, (height * 4, width), width / 4)
    ground = ground + rng.uniform(0.4, 1) * cv2.resize(
        flat, (width, height), interpolation=cv2.INTER_AREA
    )
    soft = np.clip((y - horizon) / max(height / 150, 1) + 0.5, 0, 1)
    return Canvas((sky * (1 - soft) + ground * soft).astype(np.float32))


def draw_surroundings(canvas: Canvas, rng: Generator, horizon: int) -> None:
    """Add a road, trees along the horizon and buildings."""
    height, width = canvas.heat.shape
    x = np.arange(width)
    tops = np.abs(smooth_noise(rng, (3, width), width / 6, 6)[1])
    tops = horizon - (tops + 0.2) * height * rng.uniform(0.03, 0.1)
    y = np.arange(height)[:, None]
    trees = (y > tops) & (y < horizon + height * 0.01)
    leaves = smooth_noise(rng, canvas.heat.shape, width / 20)
    canvas.heat[trees] = (rng.uniform(9, 13) + 0.8 * leaves)[trees]

    centre, far = rng.uniform(0.1, 0.9) * width, rng.uniform(0.3, 0.7) * width
    wide = rng.uniform(0.5, 1.2) * width
    depth = np.clip((y - horizon) / max(height - horizon, 1), 0, None)
    middle = far + (centre - far) * depth
    road = (np.abs(x - middle) < wide * depth / 2 + 1) & (y > horizon)
    canvas.heat[road] = canvas.heat[road] * 0.4 + 0.6 * rng.uniform(13, 19)

    for _ in range(rng.integers(0, 4)):
        w = int(rng.uniform(0.12, 0.35) * width)
        h = int(rng.uniform(0.12, 0.3) * height)
        left = int(rng.uniform(-0.5, 1) * (width - w / 2))
        top, bottom = max(horizon - h, 0), horizon + int(height * 0.02)
        mask = (x >= left) & (x < left + w) & (y >= top) & (y < bottom)
        if not mask.any():
            continue
        canvas.heat[mask] = rng.uniform(9, 15) + 0.3 * leaves[mask]
        step = max(h // int(rng.integers(3, 6)), 3)
        warm = rng.uniform(-2, 4, size=(7, 11))
        inside = ((x - left) % step * 2 > step) & ((y - top) % step * 2 > step)
        windows = warm[(y - top) // step % 7, (x - left) // step % 11]
        canvas.heat += np.where(mask & inside, windows, 0).astype(np.float32)
        canvas.add('building', mask)


def draw_objects(
    canvas: Canvas, rng: Generator, horizon: int, count: int
) -> None:
    """Add people, vehicles and lamps, far ones first."""
    height, width = canvas.heat.shape
    names = list(FIGURES)
    chances = [chance for _, _, chance in FIGURES.values()]
    for depth in np.sort(rng.uniform(0.12, 1, count) ** 1.3).tolist():
        name = names[rng.choice(len(names), p=chances)]
        draw, metres, _ = FIGURES[name]
        # pixels of a metre that far away, from a camera some metres up
        metre = height * 0.22 * depth
        foot_y = horizon + (height - horizon) * (0.05 + 0.93 * depth)
        foot = (rng.uniform(-0.02, 1.02) * width, foot_y)
        mirrored = bool(rng.integers(2))
        size = max(rng.uniform(*metres) * metre, 5)
        figure = Figure((height, width), foot, size, mirrored)
        draw(figure, rng)
        # the air takes contrast away
        figure.place(canvas, name, rng.uniform(0.7, 1.1) * (0.5 + depth / 2))
        if rng.random() < 0.15:
            draw_lamp(canvas, rng, (rng.uniform(0, width), foot_y), metre)


def draw_lamp(
    canvas: Canvas, rng: Generator, foot: tuple[float, float], metre: float
) -> None:
    """Add a street lamp: a cool pole, which is background, a hot head."""
    x, top = foot[0], foot[1] - rng.uniform(4, 6) * metre
    left, thick = int(x), max(round(metre * 0.12), 1)
    pole = np.s_[max(int(top), 0) : int(foot[1]), left : left + thick]
    canvas.heat[pole] = 12
    canvas.labels[pole] = canvas.objects[pole] = 0
    size = max(metre / 2, 4)
    head = Figure(canvas.heat.shape, (x, top), size, False)
    head.ellipse(0, 0, 0.5, 0.22, 15)
    head.place(canvas, 'lamp', 1.0)


def draw_targets(canvas: Canvas, rng: Generator, count: int) -> np.ndarray:
    """Add small bright targets, 2 to 9 pixels across.

    Returns:
        np.ndarray: (H, W), bool: pixels of at least half the peak.
    """
    height, width = canvas.heat.shape
    y, x = np.ogrid[:height, :width]
    targets = np.zeros((height, width), bool)
    for _ in range(count):
        across = rng.uniform(2.2, 9)
        aspect = rng.uniform(0.6, 1)
        cx, cy = rng.uniform(8, width - 9), rng.uniform(8, height - 9)
        if targets[
            max(int(cy) - 14, 0) : int(cy) + 15,
            max(int(cx) - 14, 0) : int(cx) + 15,
        ].any():
            continue  # keep them apart: one component each
        turn = rng.uniform(0, np.pi)
        u = (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)
        v = (y - cy) * np.cos(turn) - (x - cx) * np.sin(turn)
        # 1 at the centre, half at the rim
        profile = 0.5 ** (
            (2 * u / across) ** 2 + (2 * v / across / aspect) ** 2
        )
        peak = rng.uniform(3, 9)
        canvas.heat += (peak * profile).astype(np.float32)
        mask = profile >= 0.5
        if mask.any():
            canvas.add('target', mask)
            targets |= mask
    return targets


def sense(heat: np.ndarray, rng: Generator) -> np.ndarray:
    """Turn temperatures into the counts of an uncooled camera.

    Lens blur, vignetting, fixed pattern and column stripes, noise, dead
    pixels; about 5,000 to 24,000 counts with a narrow range in each image.

    Args:
        heat (np.ndarray): (H, W), float32, kelvin.
        rng (Generator): Source of all randomness.

    Returns:
        np.ndarray: (H, W), uint16.
    """
    height, width = heat.shape
    heat = cv2.GaussianBlur(heat, (0, 0), rng.uniform(0.5, 1.1))
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)
    heat = heat - rng.uniform(0, 0.8) * (x**2 + y**2)
    heat += rng.normal(size=heat.shape) * rng.uniform(0.04, 0.2)  # temporal
    heat += rng.normal(size=heat.shape) * rng.uniform(0.02, 0.08)  # fixed
    heat += rng.normal(size=width) * rng.uniform(0.02, 0.12)  # columns
    counts = rng.uniform(6500, 20000) + rng.uniform(30, 110) * heat
    dead = rng.integers(0, max(heat.size // 30000, 1) + 1)
    rows, columns = (
        rng.integers(height, size=dead),
        rng.integers(width, size=dead),
    )
    counts[rows, columns] = rng.choice([counts.min(), counts.max()], dead)
    return counts.round().clip(0, 65535).astype(np.uint16)


def render_scene(
    rng: Generator,
    size: tuple[int, int] = (480, 640),
    kind: str = 'street',
    bits: int = 8,
) -> Scene:
    """Render one scene.

    Args:
        rng (Generator): Source of all randomness; equal states give equal
            scenes.
        size (tuple[int, int]): Height and width in pixels, at least 32.
        kind (str): ``'street'`` (ground with people, vehicles, buildings)
            or ``'sky'`` (a high horizon or none, small targets).
        bits (int): 8 for grey values, 16 for raw counts.

    Raises:
        ValueError: If an option is out of range.
    """
    if min(size) < 32:
        raise ValueError(f'size must be at least 32x32, got {size}.')
    if bits not in (8, 16):
        raise ValueError(f'bits must be 8 or 16, got {bits}.')
    height, _ = size
    if kind == 'street':
        horizon = int(rng.uniform(0.22, 0.45) * height)
        canvas = draw_background(rng, size, horizon)
        draw_surroundings(canvas, rng, horizon)
        draw_objects(canvas, rng, horizon, int(rng.integers(3, 12)))
        targets = np.zeros(size, bool)
    elif kind == 'sky':
        horizon = int(rng.uniform(0.8, 1.6) * height)
        canvas = draw_background(rng, size, horizon)
        targets = draw_targets(canvas, rng, int(rng.integers(1, 4)))
    else:
        raise ValueError(f"kind must be 'street' or 'sky', got {kind!r}.")
    counts = sense(canvas.heat, rng)
    boxes, names = canvas.boxes()
    image = counts if bits == 16 else Percentile()(counts)[0]
    return Scene(image, canvas.labels, targets, boxes, names)
