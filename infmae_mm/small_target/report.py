"""Results of each image, and curves, as files."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from operator import attrgetter
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from ..files import open_atomically
from ..thermal.damage import printable
from .measures import THRESHOLD, SmallTargetMeasures
from .misses import miss_table

THRESHOLDS = (
    *(0.001, 0.002, 0.005, 0.01, 0.02),
    *(i / 20 for i in range(1, 20)),
    *(0.98, 0.99, 0.995, 0.998, 0.999),
)
"""Thresholds of the curve of Pd against Fa: denser where sigmoids end."""


def table(measures: SmallTargetMeasures) -> str:
    """The measures as papers print them: in percent, Fa in 1e-6."""
    values = dict(**measures.compute(), hIoU=measures.target_level()['hIoU'])
    grid = Table(title=f'Small targets, {measures.num_images} images')
    for name in values:
        grid.add_column('Fa (1e-6)' if name == 'Fa' else f'{name} (%)')
    grid.add_row(
        *(
            f'{value * 1e6:.2f}' if name == 'Fa' else f'{value * 100:.2f}'
            for name, value in values.items()
        )
    )
    console = Console(width=120)
    with console.capture() as capture:
        console.print(grid)
    return capture.get()


def write_report(measures: SmallTargetMeasures, folder: str) -> None:
    """Write results and curves.

    ``images.csv`` (counts and measures of each image), ``target_level.csv``
    (hIoU, its errors, Pd and Fa by other matchings), ``misses.csv`` (missed
    targets by size and contrast, if there are targets), ``roc.csv`` and
    ``roc.png`` (rates of pixels), ``pd_fa.csv`` and ``pd_fa.png`` (targets
    found against false alarms, at :data:`THRESHOLDS`). Each file is replaced
    as a whole.

    Args:
        measures (SmallTargetMeasures): Made with ``thresholds`` and
            ``keep_images``.
        folder (str): Made where it does not exist.
    """
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    _write_csv(
        out / 'images.csv',
        [
            dict(
                image=printable(image.name),
                **asdict(image.counts),
                **image.counts.measures(),
                **image.pairs.measures(),
            )
            for image in sorted(measures.images, key=attrgetter('name'))
        ],
    )
    _write_csv(
        out / 'target_level.csv',
        [
            dict(measure=name, value=value)
            for name, value in measures.target_level().items()
        ],
    )
    _write_csv(
        out / 'misses.csv',
        miss_table(
            target for image in measures.images for target in image.targets
        ),
    )
    roc = measures.roc()
    names = ('threshold', 'false_positive_rate', 'true_positive_rate')
    _write_csv(
        out / 'roc.csv',
        (dict(zip(names, row, strict=True)) for row in zip(*roc, strict=True)),
    )
    _write_figure(out / 'roc.png', _roc_figure(*roc, measures.compute()))
    curve = measures.detection_curve()
    _write_csv(
        out / 'pd_fa.csv',
        [dict(zip(('threshold', 'Fa', 'Pd'), r, strict=True)) for r in curve],
    )
    _write_figure(out / 'pd_fa.png', _detection_figure(curve))


def _roc_figure(
    thresholds: np.ndarray,
    false_rate: np.ndarray,
    true_rate: np.ndarray,
    values: dict[str, float],
) -> Figure:
    figure = Figure((5.5, 4), layout='constrained')
    axes = figure.subplots()
    axes.plot(false_rate, true_rate)
    at = np.searchsorted(-thresholds, -THRESHOLD, 'left') - 1
    axes.plot(false_rate[at], true_rate[at], 'o', label=f'at {THRESHOLD}')
    # nearly all of a picture is background: what matters is at the left
    axes.set_xscale('symlog', linthresh=1e-6)
    axes.set(
        title=f'Pixels: AUC {values["AUC"]:.4f}',
        xlabel='false-positive rate',
        ylabel='true-positive rate',
        xlim=(0, 1),
        ylim=(0, 1.02),
    )
    axes.grid(alpha=0.3)
    axes.legend(loc='lower right')
    return figure


def _detection_figure(
    curve: Sequence[tuple[float, float, float]],
) -> Figure:
    thresholds, fa, pd = np.array(curve).T
    figure = Figure((5.5, 4), layout='constrained')
    axes = figure.subplots()
    axes.plot(fa * 1e6, pd, '.-')
    at = np.abs(thresholds - THRESHOLD).argmin()
    axes.plot(fa[at] * 1e6, pd[at], 'o', label=f'at {THRESHOLD}')
    axes.set_xscale('symlog', linthresh=1)
    axes.set(
        title='Targets found against false alarms, over thresholds',
        xlabel='Fa (1e-6)',
        ylabel='Pd',
        xlim=(0, None),
        ylim=(0, 1.02),
    )
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def _write_figure(path: Path, figure: Figure) -> None:
    with open_atomically(path, 'wb') as file:
        figure.savefig(file, format='png', dpi=120)


def _write_csv(path: Path, rows: Iterable[dict]) -> None:
    with open_atomically(path) as file:
        writer = None
        for row in rows:
            if writer is None:
                writer = csv.DictWriter(file, row, lineterminator='\n')
                writer.writeheader()
            writer.writerow(row)
