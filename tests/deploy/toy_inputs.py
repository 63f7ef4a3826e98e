"""Small scenes and videos, and what the tests of a room share."""

from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).parents[2]


def scene(seed, size=(96, 128), bits=8):
    """A smooth picture with bright spots."""
    random = np.random.default_rng(seed)
    image = cv2.GaussianBlur(random.normal(size=size), (0, 0), 9) * 600 + 90
    for y, x in random.integers(8, 88, (4, 2)):
        image[y : y + 3, x : x + 4] += 120
    image = image.clip(0, 255)
    if bits == 16:
        return (image * 20 + 7000).astype(np.uint16)
    return image.astype(np.uint8)


def write_video(path, frames=7, codec='MJPG', colours=None, size=(128, 96)):
    """A video of small scenes at 10 frames a second."""
    grey = colours is None
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*codec), 10, size, not grey
    )
    assert writer.isOpened()
    for i in range(frames):
        frame = cv2.resize(scene(i), size, interpolation=cv2.INTER_LINEAR)
        writer.write(frame if grey else cv2.applyColorMap(frame, colours))
    writer.release()


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob('*'))
        if path.is_file() and path.name != '.predictions.json'
    }
