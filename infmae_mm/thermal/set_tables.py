"""The files of a prepared set that are text."""

import csv
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

import numpy as np

from .features import Features
from .judging import KEPT, NEAR_DUPLICATE, STATUSES, Recipe, Verdict
from .sources import Sources


@contextmanager
def replaced(path: Path) -> Iterator[IO[str]]:
    """Write a text file whole or not at all."""
    part = path.with_name(f'.{path.name}.part')
    with open(part, 'w', encoding='utf-8', newline='') as file:
        yield file
    os.replace(part, path)


def summarize(
    recipe: Recipe, sources: Sources, verdicts: Sequence[Verdict]
) -> dict:
    """Sum up a set for ``summary.json``."""
    status = Counter(verdict.status for verdict in verdicts)
    apart = Counter(v.distance for v in verdicts if v.status == NEAR_DUPLICATE)
    listed = [v.features for v in verdicts if v.status == KEPT]
    read = [v.features for v in verdicts if v.features]
    return dict(
        recipe=asdict(recipe),
        images=len(verdicts),
        **{count_key(name): status[name] for name in STATUSES},
        near_duplicates_by_distance={d: apart[d] for d in sorted(apart)},
        kept_images=_describe(listed),
        readable_images=_describe(read),
        skipped_archives=sources.archives,
        skipped_names=[ascii(path) for path in sources.unlistable],
    )


def count_key(status: str) -> str:
    """Key of a status in the summary."""
    return status.replace(' ', '_').replace('-', '_')


def _describe(features: Sequence[Features]) -> dict:
    if not features:
        return {}
    depths = Counter(f.bit_depth for f in features)
    widths = [f.width for f in features]
    heights = [f.height for f in features]
    return dict(
        mean_entropy=round(float(np.mean([f.entropy for f in features])), 4),
        width=[min(widths), max(widths)],
        height=[min(heights), max(heights)],
        bit_depth={depth: depths[depth] for depth in sorted(depths)},
    )


def write_tables(
    out: Path, summary: dict, verdicts: Sequence[Verdict]
) -> None:
    """Write ``train.txt``, ``images.csv`` and ``summary.json``."""
    with replaced(out / 'train.txt') as file:
        file.writelines(f'{v.path}\n' for v in verdicts if v.status == KEPT)
    with replaced(out / 'images.csv') as file:
        table = csv.writer(file, lineterminator='\n')
        table.writerow(
            ['path', 'width', 'height', 'bit_depth', 'entropy', 'hash']
            + ['status', 'anchor', 'distance', 'problem']
        )
        for v in verdicts:
            f = v.features
            measured = [''] * 5
            if f:
                measured = [f.width, f.height, f.bit_depth]
                measured += [f'{f.entropy:.4f}', f'{f.hash:016x}']
            apart = '' if v.distance is None else v.distance
            table.writerow(
                [v.path, *measured, v.status, v.anchor, apart, v.problem]
            )
    with replaced(out / 'summary.json') as file:
        file.write(json.dumps(summary, indent=2) + '\n')
