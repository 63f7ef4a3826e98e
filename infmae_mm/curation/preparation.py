"""Claiming the folder of a set and measuring its images."""

import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import connection, parent_process
from pathlib import Path

import cv2
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from ..files import check_new_folder, open_atomically
from ..thermal.reading import UnreadableImageError
from .selection import Recipe
from .statistics import ImageStatistics, measure_statistics
from .statistics_cache import Stamp, StatisticsCache

RECIPE = 'recipe.json'
"""File in a prepared set that tells how it was made."""

STATISTICS = 'statistics.jsonl'
"""File in a prepared set that a second run reads instead of the images."""


def claim_folder(out: Path, recipe: Recipe) -> None:
    """Make the folder of a set, or see that it holds this very set.

    Raises:
        FileExistsError: If it holds anything else.
        ValueError: If it lies within a source: its pictures would become
            images of the set.
    """
    for source in recipe.sources:
        if Path(os.path.realpath(out)).is_relative_to(
            os.path.realpath(source)
        ):
            raise ValueError(
                f'{out} lies within {source}: choose a folder outside the '
                'sources.'
            )
    wanted = json.loads(json.dumps(asdict(recipe)))
    file = out / RECIPE
    if file.exists():
        found = _read_recipe(file)
        if found != wanted:
            raise FileExistsError(
                f'{out} holds a set made with {found}, not with {wanted}: '
                f'choose another folder. With --statistics {out / STATISTICS} '
                'the images need not be read again.'
            )
        return
    check_new_folder(out)
    with open_atomically(file) as stream:
        stream.write(json.dumps(wanted, indent=2) + '\n')


def _read_recipe(file: Path) -> object:
    try:
        return json.loads(file.read_bytes())
    except ValueError:
        raise ValueError(
            f'{file} is damaged: choose another folder. With --statistics '
            f'{file.with_name(STATISTICS)} the images need not be read again.'
        ) from None


def measure_all(
    paths: Sequence[str], cache: StatisticsCache, workers: int
) -> list[ImageStatistics | UnreadableImageError]:
    """Measure images in several processes; what is in the cache is taken.

    Files that cannot be read are tried again in each run.

    Args:
        paths (Sequence[str]): The images.
        cache (StatisticsCache): Is added to as results come.
        workers (int): Number of processes.

    Returns:
        list[ImageStatistics | UnreadableImageError]: In order of the paths.

    Raises:
        concurrent.futures.process.BrokenProcessPool: If a process dies.
    """
    stamps = [Stamp.of(path) for path in paths]
    results = [
        stamp and cache.get(path, stamp)
        for path, stamp in zip(paths, stamps, strict=True)
    ]
    missing = [i for i, result in enumerate(results) if result is None]
    with ProcessPoolExecutor(workers, initializer=_start_worker) as pool:
        # before the bar, which has a thread: processes are forked here
        measured = pool.map(
            _measure, [paths[i] for i in missing], chunksize=16
        )
        with Progress(
            TextColumn('measuring'),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        ) as progress:
            done = len(paths) - len(missing)
            task = progress.add_task('', total=len(paths), completed=done)
            for i, result in zip(missing, measured, strict=True):
                results[i] = result
                if stamps[i] and isinstance(result, ImageStatistics):
                    cache.add(paths[i], stamps[i], result)
                progress.advance(task)
    return results


def _start_worker() -> None:
    cv2.setNumThreads(0)
    # a parent that is killed cannot stop its workers
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    connection.wait([parent_process().sentinel])
    os._exit(1)


def _measure(path: str) -> ImageStatistics | UnreadableImageError:
    try:
        return measure_statistics(path)
    except UnreadableImageError as error:
        return error
