"""Which targets are missed: by their size and by their contrast."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .matching import Components

AREAS = (1, 10, 20, 40, 80)
"""Lower ends of the classes of size, in pixels. SPIE's small target has 80
or fewer pixels in an image of 256x256."""

CONTRASTS = (-np.inf, 0.0, 0.5, 1.0, 2.0, 4.0)
"""Lower ends of the classes of contrast."""

RING = 5
"""Width of the background around a target, in pixels."""


@dataclass(frozen=True)
class TrueTarget:
    """A target of the ground truth.

    Attributes:
        area (int): Pixels.
        contrast (float): Mean grey of the target minus that of the ring of
            :data:`RING` pixels around it, over the standard deviation in the
            ring: the signal-to-clutter ratio with its sign. NaN if no image
            was given, or there is no ring.
        found (bool): Whether the prediction found it.
    """

    area: int
    contrast: float
    found: bool


def true_targets(
    targets: Components, found: Sequence[bool], image: np.ndarray | None
) -> list[TrueTarget]:
    """Describe the targets of one image.

    Args:
        targets (Components): Of the true mask.
        found (Sequence[bool]): Whether each of them was found.
        image (np.ndarray, optional): (H, W), any type: the grey values.

    Returns:
        list[TrueTarget]: One for each target.
    """
    return [
        TrueTarget(
            int(targets.areas[i]),
            np.nan if image is None else _contrast(targets, i, box, image),
            bool(found[i]),
        )
        for i, box in enumerate(targets.boxes)
    ]


def _contrast(
    targets: Components,
    i: int,
    box: tuple[slice, slice],
    image: np.ndarray,
) -> float:
    window = tuple(
        slice(max(side.start - RING, 0), side.stop + RING) for side in box
    )
    labels, grey = targets.labels[window], image[window].astype(np.float64)
    own = labels == i + 1
    near = ndimage.binary_dilation(own, np.ones((3, 3), bool), RING)
    ring = grey[near & (labels == 0)]
    if not ring.size:
        return np.nan
    # one grey level where the ring is flat: its rounding
    clutter = max(ring.std(), 1.0)
    return float((grey[own].mean() - ring.mean()) / clutter)


def miss_table(targets: Iterable[TrueTarget]) -> list[dict]:
    """How many targets of each size and contrast were missed.

    Args:
        targets (Iterable[TrueTarget]): Of all images.

    Returns:
        list[dict]: Rows with ``by`` ('area' or 'contrast'), ``from`` and
        ``below`` (the class, lower end included), ``targets``, ``missed``
        and ``Pd``; classes without a target are left out, and so are targets
        whose contrast is NaN.
    """
    targets = list(targets)
    found = np.array([t.found for t in targets], bool)
    rows = []
    for by, edges in (('area', AREAS), ('contrast', CONTRASTS)):
        values = np.array([getattr(t, by) for t in targets], float)
        for low, high in zip(edges, (*edges[1:], np.inf), strict=True):
            here = (values >= low) & (values < high)
            if not here.any():
                continue
            missed = int((here & ~found).sum())
            rows.append(
                {
                    'by': by,
                    'from': low,
                    'below': high,
                    'targets': int(here.sum()),
                    'missed': missed,
                    'Pd': 1 - missed / int(here.sum()),
                }
            )
    return rows
