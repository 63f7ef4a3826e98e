"""What became of the weights of a file, and how it is told."""

import logging
import os
import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from mmengine.logging import print_log
from torch import nn


class LoadReport(NamedTuple):
    """What became of the weights of a file and of a model.

    Attributes:
        taken (tuple[str, ...]): Names that were loaded, as in the model.
        dropped (tuple[str, ...]): Names of the file that were not used.
        missing (tuple[str, ...]): Names of the model that the file lacks;
            they keep their initial values.
    """

    taken: tuple[str, ...]
    dropped: tuple[str, ...]
    missing: tuple[str, ...]


def log_report(
    module: nn.Module,
    path: str | os.PathLike,
    report: LoadReport,
    absent: list[str],
    more: list[str],
) -> None:
    """Tell what was taken, dropped and missing.

    Args:
        module (nn.Module): What was loaded into.
        path (str | os.PathLike): The file.
        report (LoadReport): What became of the weights.
        absent (list[str]): Parameters that start from scratch.
        more (list[str]): Weights of more layers than the model has.
    """
    print_log(
        f'{type(module).__name__}: {len(report.taken)} weights taken from '
        f'{path}.\nDropped ({len(report.dropped)}): '
        f'{group_names(report.dropped)}.\nMissing ({len(report.missing)}), '
        f'initialised afresh: {group_names(report.missing)}.',
        logger='current',
    )
    if absent:
        print_log(
            f'{path} lacks {len(absent)} parameters, which start from '
            f'scratch: {", ".join(absent)}.',
            logger='current',
            level=logging.WARNING,
        )
    if more:
        print_log(
            f'{path} is of a deeper network: {group_names(more)} more than '
            'the model has are left out, and what stands behind them was '
            'learnt with them. Is the arch or depth the wanted one?',
            logger='current',
            level=logging.WARNING,
        )


def first_texts(texts: Iterable[str], limit: int = 6) -> str:
    """The first of some texts."""
    texts = list(texts)
    more = ' ...' if len(texts) > limit else ''
    return ' '.join(texts[:limit]) + more


def first_names(names: Iterable[str], limit: int = 6) -> str:
    """The first of some names."""
    names = list(names)
    more = ', ...' if len(names) > limit else ''
    return (', '.join(names[:limit]) or 'none') + more


def group_names(names: Iterable[str]) -> str:
    """Names, counted by their module."""
    counts = Counter(
        re.split(r'\.\d+\.|\.(?:weight|bias)$', name)[0] for name in names
    )
    return ', '.join(f'{k} ({n})' for k, n in counts.items()) or 'none'
