"""The files of a prepared set that are pictures."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure

from ..drawing.contact_sheet import Tile, contact_sheet, fit
from ..files import open_atomically, write_atomically
from ..thermal.mapping import Percentile
from ..thermal.reading import UnreadableImageError, read_image
from .selection import KEPT, NEAR_DUPLICATE, Verdict

PAPER_ENTROPIES = {'Inf30': 6.44, 'ImageNet-1K': 7.19}
"""Mean entropies in bits that the InfMAE paper gives (section 3)."""

PAIRS = 4  # of each distance, on the sheet of removed pairs
TILE = (200, 150)  # width, height in pixels


def write_pictures(out: Path, verdicts: Sequence[Verdict]) -> None:
    """Write ``entropy.png``, ``sizes.png`` and ``near_duplicates.jpg``.

    The last one only where there are near-duplicates, the others only where
    images are kept.

    Args:
        out (Path): Folder of the set.
        verdicts (Sequence[Verdict]): Of all images.
    """
    kept = [v.statistics for v in verdicts if v.status == KEPT]
    if kept:
        entropies = np.array([f.entropy for f in kept])
        _write_figure(out / 'entropy.png', draw_entropies(entropies))
        sizes = np.array([(f.width, f.height) for f in kept])
        _write_figure(out / 'sizes.png', draw_sizes(sizes))
    removed = [v for v in verdicts if v.status == NEAR_DUPLICATE]
    sheet = out / 'near_duplicates.jpg'
    if removed:
        image = draw_pairs(removed)
        write_atomically(cv2.imencode('.jpg', image)[1].tobytes(), sheet)
    else:
        # of an earlier run, when there were some
        sheet.unlink(missing_ok=True)


def draw_entropies(entropies: np.ndarray) -> Figure:
    """Histogram of entropies, (N,) in bits, with the paper's means."""
    figure = Figure((7, 4), layout='constrained')
    axes = figure.subplots()
    axes.hist(entropies, np.linspace(0, 8, 81), color='0.6')
    mean = entropies.mean()
    axes.axvline(mean, color='black', label=f'this set, mean {mean:.2f}')
    styles = zip(('--', ':'), ('tab:red', 'tab:blue'), strict=True)
    for (name, value), (style, colour) in zip(
        PAPER_ENTROPIES.items(), styles, strict=True
    ):
        axes.axvline(
            value, color=colour, linestyle=style, label=f'{name} {value}'
        )
    axes.set(xlim=(0, 8), xlabel='entropy in bits', ylabel='images')
    axes.legend(loc='upper left')
    return figure


def draw_sizes(sizes: np.ndarray) -> Figure:
    """Scatter of sizes, (N, 2) widths and heights in pixels."""
    figure = Figure((6, 5), layout='constrained')
    axes = figure.subplots()
    # a set has few sizes and many images: the area tells how many
    unique, counts = np.unique(sizes, axis=0, return_counts=True)
    axes.scatter(
        *unique.T, s=10 + 400 * counts / counts.max(), alpha=0.5, linewidth=0
    )
    commonest = np.argsort(-counts, kind='stable')[:5]
    lines = [
        f'{width}x{height}: {count}'
        for (width, height), count in zip(
            unique[commonest].tolist(), counts[commonest].tolist(), strict=True
        )
    ]
    axes.text(
        *(0.02, 0.98, '\n'.join(['most frequent', *lines])),
        transform=axes.transAxes,
        va='top',
    )
    axes.set(
        xscale='log',
        yscale='log',
        xlabel='width in pixels',
        ylabel='height in pixels',
        title=f'{len(sizes)} images, different sizes: {len(unique)}',
    )
    axes.margins(0.2)
    return figure


def draw_pairs(removed: Sequence[Verdict]) -> np.ndarray:
    """Anchors beside what was removed for them, by distance.

    Args:
        removed (Sequence[Verdict]): The near-duplicates, at least one.

    Returns:
        np.ndarray: BGR, (H, W, 3), uint8.
    """
    rows = []
    for distance in sorted({v.distance for v in removed}):
        at = [v for v in removed if v.distance == distance]
        spread = np.linspace(0, len(at) - 1, min(PAIRS, len(at)))
        rows.append(
            [
                _pair(at[i], f'distance {distance}: {len(at)} removed')
                for i in spread.round().astype(int)
            ]
        )
    return contact_sheet(rows, 2 * TILE[0], TILE[1])


def _pair(verdict: Verdict, title: str) -> Tile:
    width, height = TILE
    pair = np.full((height, 2 * width, 3), 255, np.uint8)
    for i, path in enumerate((verdict.anchor, verdict.path)):
        image = fit(_read_grey(path), width - 2, height)
        h, w = image.shape[:2]
        x, y = i * width + (width - w) // 2, (height - h) // 2
        pair[y : y + h, x : x + w] = image
    return Tile(
        pair, (title, f'kept {verdict.anchor}', f'gone {verdict.path}')
    )


def _read_grey(path: str) -> np.ndarray:
    try:
        return Percentile()(read_image(path, palette='auto'))[0]
    except UnreadableImageError:
        # it could be read when it was measured: removed since
        return np.full((3, 4), 255, np.uint8)


def _write_figure(path: Path, figure: Figure) -> None:
    with open_atomically(path, 'wb') as file:
        figure.savefig(file, format='png', dpi=120)
