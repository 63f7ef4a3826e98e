"""The page of a comparison: one file that needs no network."""

import base64
import io
import math
from collections.abc import Iterable
from html import escape
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure

from ..files import write_atomically
from .plan import Measure, Plan
from .results import RowResult, loss_curve
from .tables import EXPLANATION, header, notes, table_rows

PICTURES = 4
PICTURE_HEIGHT = 280
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
       max-width: 76rem; padding: 0 1rem; color: #222; }
h1, h2 { line-height: 1.2; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; }
th, td { border-bottom: 1px solid #ccc; padding: .3rem .5rem;
         text-align: right; vertical-align: top; white-space: nowrap; }
th { white-space: normal; }
th:first-child, td:first-child { text-align: left; }
td.paper, th.paper { color: #777; font-style: italic; }
.failed { color: #a00; white-space: pre-wrap; }
img, svg { max-width: 100%; height: auto; }
figure { margin: 1rem 0; }
figcaption { color: #555; }
.side { display: flex; flex-wrap: wrap; gap: 1rem; }
.side figure { margin: 0; }
"""


def write_page(plan: Plan, results: list[RowResult], out: Path) -> None:
    """Write ``table.html``, in place of an older one."""
    write_atomically(page(plan, results).encode(), out / 'table.html')


def page(plan: Plan, results: list[RowResult]) -> str:
    """The page as HTML."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f'<title>{escape(plan.title)}</title><style>{STYLE}</style></head>',
        f'<body><h1>{escape(plan.title)}</h1>',
        _table(plan, results),
        f'<p>{escape(EXPLANATION)}</p>',
    ]
    missing = notes(results)
    if missing:
        parts.append('<h2>Missing</h2><ul>')
        parts += [f'<li class="failed">{escape(n)}</li>' for n in missing]
        parts.append('</ul>')
    parts.append('<h2>Measures</h2>')
    parts += [_bars(measure, results) for measure in plan.measures]
    parts.append('<h2>Losses of the training</h2>')
    parts.append(_curves(results))
    parts += _pictures(results)
    return '\n'.join([*parts, '</body></html>'])


def _table(plan: Plan, results: list[RowResult]) -> str:
    heads = header(plan, results)
    paper = {i for i, head in enumerate(heads) if 'the paper says' in head}

    def line(cells: list[str], tag: str) -> str:
        return ''.join(
            f'<{tag}{" class=paper" * (i in paper)}>{_bold(cell)}</{tag}>'
            for i, cell in enumerate(cells)
        )

    body = ''.join(
        f'<tr>{line(row, "td")}</tr>' for row in table_rows(plan, results)
    )
    return (
        f'<div class="wide"><table><thead><tr>{line(heads, "th")}</tr>'
        f'</thead><tbody>{body}</tbody></table></div>'
    )


def _bold(text: str) -> str:
    if text.startswith('**'):
        return f'<b>{escape(text.strip("*"))}</b>'
    return escape(text)


def _svg(figure: Figure, caption: str) -> str:
    file = io.StringIO()
    figure.savefig(file, format='svg', bbox_inches='tight')
    svg = file.getvalue()
    svg = svg[svg.index('<svg') :]  # no document type: it names an address
    return f'<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>'


def _bars(measure: Measure, results: list[RowResult]) -> str:
    known = [
        result
        for result in results
        if not math.isnan(result.summaries[measure.name].mean)
    ]
    if not known:
        return f'<p>{escape(measure.title)}: nothing is measured yet.</p>'
    figure = Figure(figsize=(8, 0.9 + 0.4 * len(known)))
    axes = figure.subplots()
    for place, result in enumerate(known):
        summary = result.summaries[measure.name]
        error = None if math.isnan(summary.deviation) else summary.deviation
        axes.barh(place, summary.mean, xerr=error, color='#7aa6c2', capsize=4)
        values = list(summary.values.values())
        axes.plot(values, [place] * len(values), 'o', color='#123', ms=3)
        paper = result.row.paper.get(measure.name)
        if paper is not None:
            axes.plot([paper], [place], 'D', mfc='none', color='#b50', ms=7)
    axes.set_yticks(range(len(known)), [r.row.title for r in known])
    axes.invert_yaxis()
    axes.set_xlabel(measure.title)
    axes.spines[['top', 'right']].set_visible(False)
    caption = f'{measure.title}: mean, standard deviation, and each seed'
    if any(measure.name in result.row.paper for result in known):
        caption += '. Diamonds: what the paper says, of its own runs'
    return _svg(figure, f'{caption}.')


def _curves(results: list[RowResult]) -> str:
    figure = Figure(figsize=(8, 4))
    axes = figure.subplots()
    lowest = math.inf
    for number, result in enumerate(results):
        title: str | None = result.row.title
        for cell in result.cells:
            steps, losses = loss_curve(cell)
            if not steps:
                continue
            axes.plot(
                steps, losses, color=f'C{number % 10}', lw=1, label=title
            )
            title = None  # one entry of the legend for all seeds
            lowest = min(lowest, *losses)
    if lowest is math.inf:
        return '<p>No training has logged a loss yet.</p>'
    if lowest > 0:
        axes.set_yscale('log')
    axes.set_xlabel('iteration')
    axes.set_ylabel('loss')
    axes.legend(fontsize='small')
    axes.spines[['top', 'right']].set_visible(False)
    return _svg(
        figure,
        'One line for each seed. Losses of different heads are not '
        'comparable.',
    )


def _pictures(results: list[RowResult]) -> list[str]:
    folders = {
        result.row.title: cell.folder / 'pictures'
        for result in results
        for cell in result.cells
        if cell.result is not None and cell.draws
    }
    common = common_pictures(folders.values())
    if not common:
        return []
    parts = ['<h2>Predictions</h2>']
    parts.append(
        '<p>Equal images of the first seed, as <code>tools/test.py '
        '--show-dir</code> draws labels and predictions.</p>'
    )
    for name in common:
        parts.append(
            f'<h3>{escape(str(name.with_suffix("")))}</h3><div class="side">'
        )
        for title, folder in folders.items():
            parts.append(
                f'<figure><img alt="{escape(title)}" src="data:image/jpeg;'
                f'base64,{_jpeg(folder / name)}"><figcaption>'
                f'{escape(title)}</figcaption></figure>'
            )
        parts.append('</div>')
    return parts


def common_pictures(folders: Iterable[Path]) -> list[Path]:
    """A few pictures that all folders have, spread over their names."""
    found = [
        {p.relative_to(folder) for p in folder.rglob('*.png')}
        for folder in folders
    ]
    common = sorted(set.intersection(*found)) if found else []
    if len(common) <= PICTURES:
        return common
    spread = np.linspace(0, len(common) - 1, PICTURES).round().astype(int)
    return [common[i] for i in spread]


def _jpeg(path: Path) -> str:
    image = cv2.imread(str(path))
    height, width = image.shape[:2]
    if height > PICTURE_HEIGHT:
        width = max(1, round(width * PICTURE_HEIGHT / height))
        size = (width, PICTURE_HEIGHT)
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    _, content = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return base64.b64encode(content.tobytes()).decode()
