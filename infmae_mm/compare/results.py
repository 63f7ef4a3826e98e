"""What cells have measured, and what can be said of it."""

import json
import math
import platform
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..checkpoint import read_checkpoint
from ..version import __version__
from .cells import Cell
from .hook import MEMORY, SECONDS
from .plan import Measure, Plan, Row
from .statistics import Summary, summarise


def collect(cell: Cell) -> dict[str, Any]:
    """Read what a finished cell has left.

    Returns:
        dict: ``fingerprint``, ``measures`` by name, ``seconds`` of training,
        ``memory`` in bytes, ``device`` and ``version``.

    Raises:
        FileNotFoundError: If it is not finished.
    """
    checkpoint = read_checkpoint(cell.checkpoint)
    info = checkpoint['message_hub']['runtime_info']
    measures: dict[str, float] = {}
    if not cell.is_pretraining:
        files = sorted(cell.folder.glob('test/*/*.json'))
        if not files:
            raise FileNotFoundError(
                2, 'the test has left no measures', str(cell.folder / 'test')
            )
        measures = json.loads(files[-1].read_text())
    gpu = torch.cuda.is_available()
    return dict(
        fingerprint=cell.fingerprint,
        measures=measures,
        seconds=info[SECONDS],
        memory=info[MEMORY],
        device=torch.cuda.get_device_name() if gpu else platform.machine(),
        version=__version__,
    )


@dataclass
class RowResult:
    """A row of the table.

    Attributes:
        row (Row): What the plan says.
        cells (list[Cell]): Its cells.
        summaries (dict[str, Summary]): By the name of the measure.
        costs (dict[str, float]): Means over the seeds: ``seconds``,
            ``memory`` in bytes; and ``parameters``, ``flops``. Those of the
            pre-training are ``pretraining_seconds``.
        notes (list[str]): Cells that failed, are not done, or have not all
            measures.
    """

    row: Row
    cells: list[Cell]
    summaries: dict[str, Summary]
    costs: dict[str, float]
    notes: list[str]


def row_results(
    plan: Plan,
    rows: list[Row],
    cells: list[Cell],
    rehearsals: dict[str, dict[str, Any]],
) -> list[RowResult]:
    """Summarise all rows."""
    results = {
        (cell.name, cell.seed): cell.result
        for cell in cells
        if cell.result is not None
    }
    values = {
        row.name: {
            measure.name: _values(row.name, measure, results)
            for measure in plan.measures
        }
        for row in rows
    }
    reference = values.get(plan.reference or '')
    found = []
    for row in rows:
        own = [cell for cell in cells if cell.name == row.name]
        compared = reference if row.name != plan.reference else None
        found.append(
            RowResult(
                row,
                own,
                {
                    name: summarise(v, compared and compared[name])
                    for name, v in values[row.name].items()
                },
                _costs(own, results, rehearsals.get(row.name, {})),
                [
                    f'seed {c.seed}: {note}'
                    for c in own
                    if (note := _note(c, plan.measures))
                ],
            )
        )
    return found


def _values(name: str, measure: Measure, results: dict) -> dict[int, float]:
    found = {}
    for (cell, seed), result in results.items():
        value = result['measures'].get(measure.name) if cell == name else None
        if value is not None and math.isfinite(value):
            found[seed] = value * measure.factor
    return found


def _costs(
    cells: list[Cell], results: dict, rehearsal: dict[str, Any]
) -> dict[str, float]:
    done = [results[k] for c in cells if (k := (c.name, c.seed)) in results]
    costs = {
        k: rehearsal[k] for k in ('parameters', 'flops') if k in rehearsal
    }
    for key in ('seconds', 'memory'):
        if done:
            costs[key] = float(np.mean([result[key] for result in done]))
    before = [
        results[k]['seconds']
        for c in cells
        if c.needs and (k := (c.needs.name, c.needs.seed)) in results
    ]
    if before:
        costs['pretraining_seconds'] = float(np.mean(before))
    return costs


def _note(cell: Cell, measures: list[Measure]) -> str | None:
    if cell.result is not None:
        found = cell.result['measures']
        gone = [
            m.title
            for m in measures
            if not math.isfinite(found.get(m.name, math.nan))
        ]
        if not gone:
            return None
        return f'its test gave no {", ".join(gone)}: the mean is of the others'
    for each in (cell, cell.needs):
        failure = each.read('failure.json') if each is not None else None
        if failure is not None:
            what = 'failed' if each is cell else 'its pre-training failed'
            return f'{what}: {failure["reason"]}'
    return 'not done'


def loss_curve(cell: Cell) -> tuple[list[int], list[float]]:
    """Iterations and losses that a training has logged, in order."""
    losses: dict[int, float] = {}
    for scalars in cell.logged():
        if 'loss' in scalars and 'step' in scalars:
            losses[scalars['step']] = scalars['loss']
    steps = sorted(losses)
    return steps, [losses[step] for step in steps]
