"""Tables of a comparison: for reading, and for programs."""

import csv
import io
import math
from pathlib import Path

from ..files import write_atomically
from .plan import Measure, Plan
from .results import RowResult
from .statistics import Summary

COSTS = {
    'parameters': ('parameters, M', 1e-6, '.1f'),
    'flops': ('FLOPs of an image, G', 1e-9, '.1f'),
    'seconds': ('training, s', 1, '.0f'),
    'pretraining_seconds': ('pre-training, s', 1, '.0f'),
    'memory': ('peak memory, GiB', 2**-30, '.2f'),
}
"""Head, factor and form of each cost."""


def header(plan: Plan, results: list[RowResult]) -> list[str]:
    """Heads of the columns."""
    heads = ['row', 'seeds']
    for measure in plan.measures:
        heads.append(measure.title)
        if plan.reference is not None:
            title = plan.rows[plan.reference].title
            heads.append(f'{measure.title} minus {title} [95 %]')
        if has_paper(measure, results):
            heads.append(f'{measure.title}, the paper says')
    heads += [head for head, _, _ in COSTS.values()]
    return heads


def has_paper(measure: Measure, results: list[RowResult]) -> bool:
    """Whether the paper has a figure of a measure, in any row."""
    return any(measure.name in result.row.paper for result in results)


def table_rows(plan: Plan, results: list[RowResult]) -> list[list[str]]:
    """Cells of the table as text."""
    rows = []
    for result in results:
        done = sum(cell.result is not None for cell in result.cells)
        cells = [result.row.title, f'{done} of {len(result.cells)}']
        for measure in plan.measures:
            summary = result.summaries[measure.name]
            cells.append(mean_text(summary))
            if plan.reference is not None:
                reference = result.row.name == plan.reference
                cells.append('—' if reference else difference_text(summary))
            if has_paper(measure, results):
                paper = result.row.paper.get(measure.name)
                cells.append('' if paper is None else f'{paper:g}')
        for key, (_, factor, form) in COSTS.items():
            cost = result.costs.get(key)
            cells.append('' if cost is None else format(cost * factor, form))
        rows.append(cells)
    return rows


def mean_text(summary: Summary) -> str:
    """Mean and standard deviation."""
    if math.isnan(summary.mean):
        return ''
    if math.isnan(summary.deviation):
        return f'{summary.mean:.2f}'
    return f'{summary.mean:.2f} ± {summary.deviation:.2f}'


def difference_text(summary: Summary) -> str:
    """Difference and its interval; bold where that leaves zero out."""
    if math.isnan(summary.difference):
        return ''
    text = f'{summary.difference:+.2f}'
    low, high = summary.interval
    if math.isnan(low):
        return text
    text = f'{text} [{low:+.2f}, {high:+.2f}]'
    return f'**{text}**' if summary.is_clear else text


EXPLANATION = (
    'Mean ± standard deviation over the seeds. Differences are those of runs '
    "with the same seed, with the 95 % interval of their mean (Student's t); "
    'bold where it leaves zero out. One without an interval has one seed, or '
    'all its seeds differ alike. '
    'Measured are the weights of the last iteration.'
)


def notes(results: list[RowResult]) -> list[str]:
    """What is missing, one line each."""
    return [
        f'{result.row.title}, {note}'
        for result in results
        for note in result.notes
    ]


def markdown(plan: Plan, results: list[RowResult]) -> str:
    """The table in Markdown."""
    heads = header(plan, results)
    lines = [heads, ['---'] * len(heads), *table_rows(plan, results)]
    text = '\n'.join(
        '| ' + ' | '.join(c.replace('|', '\\|') for c in line) + ' |'
        for line in lines
    )
    text = f'# {plan.title}\n\n{text}\n\n{EXPLANATION}\n'
    missing = ['- ' + note.replace('\n', ' ') for note in notes(results)]
    if missing:
        text += '\n' + '\n'.join(missing) + '\n'
    return text


def comma_separated(plan: Plan, results: list[RowResult]) -> str:
    """The table with one number a column."""
    rows = []
    for result in results:
        line: dict[str, object] = dict(
            row=result.row.name,
            title=result.row.title,
            seeds_done=sum(c.result is not None for c in result.cells),
            seeds=len(result.cells),
        )
        for measure in plan.measures:
            summary = result.summaries[measure.name]
            low, high = summary.interval
            for key, value in dict(
                mean=summary.mean,
                deviation=summary.deviation,
                difference=summary.difference,
                low=low,
                high=high,
                paper=result.row.paper.get(measure.name, math.nan),
                **{f'seed_{s}': v for s, v in summary.values.items()},
            ).items():
                known = not math.isnan(value)
                line[f'{measure.name}:{key}'] = value if known else ''
        line |= {key: result.costs.get(key, '') for key in COSTS}
        line['notes'] = '; '.join(result.notes)
        rows.append(line)
    fields = list(dict.fromkeys(key for row in rows for key in row))
    file = io.StringIO()
    writer = csv.DictWriter(file, fields, restval='')
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def write_tables(plan: Plan, results: list[RowResult], out: Path) -> None:
    """Write ``table.md`` and ``table.csv``, in place of older ones."""
    write_atomically(markdown(plan, results).encode(), out / 'table.md')
    write_atomically(
        comma_separated(plan, results).encode(), out / 'table.csv'
    )
