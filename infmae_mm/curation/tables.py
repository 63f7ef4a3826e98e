"""The files of a prepared set that are text."""

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ..files import open_atomically
from ..thermal.palettes import GREY, NONE
from .selection import (
    KEPT,
    NEAR_DUPLICATE,
    STATUSES,
    Recipe,
    Verdict,
    source_of,
)
from .sources import Sources
from .statistics import ImageStatistics


def summarize(
    recipe: Recipe, sources: Sources, verdicts: Sequence[Verdict]
) -> dict:
    """Sum up a set for ``summary.json``."""
    status = Counter(verdict.status for verdict in verdicts)
    apart = Counter(v.distance for v in verdicts if v.status == NEAR_DUPLICATE)
    listed = [v.statistics for v in verdicts if v.status == KEPT]
    read = [v.statistics for v in verdicts if v.statistics]
    return dict(
        recipe=asdict(recipe),
        images=len(verdicts),
        **{count_key(name): status[name] for name in STATUSES},
        sources=count_sources(recipe, verdicts),
        palettes=dict(Counter(s.palette for s in read).most_common()),
        pictures_of_two_values=sum(s.levels == 2 for s in read),
        excluded=sources.excluded,
        near_duplicates_by_distance={d: apart[d] for d in sorted(apart)},
        kept_images=_describe(listed),
        readable_images=_describe(read),
        skipped_archives=sources.archives,
        other_files=sources.others,
        skipped_names=[ascii(path) for path in sources.unlistable],
        skipped_folders={ascii(k): v for k, v in sources.closed.items()},
    )


def count_sources(
    recipe: Recipe, verdicts: Sequence[Verdict]
) -> dict[str, dict[str, int]]:
    """Count what became of the images of each source."""
    counts = {source: Counter() for source in recipe.sources}
    for verdict in verdicts:
        number = source_of(verdict.path, recipe.sources)
        counts[recipe.sources[number]][verdict.status] += 1
    return {
        source: {count_key(name): count[name] for name in STATUSES}
        for source, count in counts.items()
    }


def warnings_of(summary: dict) -> list[str]:
    """Say what is odd about a set and its pictures, in sentences."""
    lines = [
        f'the folder {path} cannot be listed, and is left out: {reason}.'
        for path, reason in summary['skipped_folders'].items()
    ]
    masks, photographs = (
        summary['pictures_of_two_values'],
        summary['palettes'].get(NONE, 0),
    )
    if masks:
        lines.append(
            f'{masks} pictures have two values only: masks? --exclude leaves '
            'them out (levels in images.csv).'
        )
    if photographs:
        lines.append(
            f'{photographs} pictures have colours of no palette: photographs? '
            "Their luma is taken (palette 'none' in images.csv)."
        )
    coloured = {
        name: count
        for name, count in summary['palettes'].items()
        if name not in (GREY, NONE)
    }
    if coloured:
        names = ', '.join(f'{name} {n}' for name, n in coloured.items())
        lines.append(
            f'{sum(coloured.values())} pictures have a palette ({names}): '
            "set palette='auto' where the config loads images, so that the "
            'training maps them back as it was done here.'
        )
    return lines


def count_key(status: str) -> str:
    """Key of a status in the summary."""
    return status.replace(' ', '_').replace('-', '_')


def _describe(statistics: Sequence[ImageStatistics]) -> dict:
    if not statistics:
        return {}
    depths = Counter(f.bit_depth for f in statistics)
    widths = [f.width for f in statistics]
    heights = [f.height for f in statistics]
    return dict(
        mean_entropy=round(float(np.mean([f.entropy for f in statistics])), 4),
        width=[min(widths), max(widths)],
        height=[min(heights), max(heights)],
        bit_depth={depth: depths[depth] for depth in sorted(depths)},
    )


def write_tables(
    out: Path, summary: dict, verdicts: Sequence[Verdict]
) -> None:
    """Write ``train.txt``, ``images.csv`` and ``summary.json``."""
    with open_atomically(out / 'train.txt') as file:
        file.writelines(f'{v.path}\n' for v in verdicts if v.status == KEPT)
    with open_atomically(out / 'images.csv') as file:
        table = csv.writer(file, lineterminator='\n')
        table.writerow(
            ['path', 'width', 'height', 'bit_depth', 'entropy', 'hash']
            + ['palette', 'levels', 'status', 'anchor', 'distance', 'problem']
        )
        for v in verdicts:
            f = v.statistics
            measured = [''] * 7
            if f:
                measured = [f.width, f.height, f.bit_depth]
                measured += [f'{f.entropy:.4f}', f'{f.hash:016x}']
                measured += [f.palette, f.levels]
            apart = '' if v.distance is None else v.distance
            table.writerow(
                [v.path, *measured, v.status, v.anchor, apart, v.problem]
            )
    with open_atomically(out / 'summary.json') as file:
        file.write(json.dumps(summary, indent=2) + '\n')
