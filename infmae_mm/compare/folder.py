"""The folder of a comparison: whose it is, one process at a time, its past."""

import fcntl
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from .cells import Cell, make_cells
from .plan import Plan, PlanError

LOCK = '.lock'
NAMES = (
    'cells',
    'rehearsals',
    'replaced',
    'table.csv',
    'table.html',
    'table.md',
)
"""What a comparison writes."""


def check_folder(out: Path) -> None:
    """Refuse a folder whose files would be taken for those of a comparison.

    Raises:
        PlanError: If it holds files under names of ours that no comparison
            has left there.
    """
    if (out / LOCK).exists() or any(out.glob('cells/*/seed-*/cell.json')):
        return
    theirs = [name for name in NAMES if (out / name).exists()]
    if theirs:
        raise PlanError(
            f'error: --out {out}: a comparison would overwrite '
            f'{", ".join(theirs)} in it, which no comparison has written. '
            'Choose another folder'
        )


@contextmanager
def locked(out: Path) -> Iterator[IO]:
    """Keep a second comparison out of the folder.

    Processes that are started inherit the lock, so that it holds while a run
    goes on whose parent was killed.

    Raises:
        PlanError: If another one is there, or the folder cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        file = open(out / LOCK, 'w')  # noqa: SIM115
    except OSError as error:
        raise PlanError(f'error: --out: {error}') from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PlanError(
                f'error: {out} is in use: another comparison, or a run that '
                'it has started, has not ended'
            ) from error
        yield file


def finished_before(
    plan: Plan, cells: list[Cell], out: Path
) -> tuple[list[Cell], dict[str, dict[str, Any]]]:
    """What earlier calls with other rows or seeds have finished.

    Cells whose config has changed since are no part of this comparison.

    Args:
        plan (Plan): The plan.
        cells (list[Cell]): Those of this call.
        out (Path): Folder of the comparison.

    Returns:
        tuple[list[Cell], dict]: The cells, and what
        :func:`.rehearsal.rehearse` found of them then, by name.
    """
    done = {}
    for path in out.glob('cells/*/seed-*/result.json'):
        if seed := re.fullmatch(r'seed-(\d+)', path.parent.name):
            done[path.parent.resolve()] = int(seed[1])
    if not done:
        return [], {}
    here = {cell.folder for cell in cells}
    rows = list(plan.rows.values())
    every, _ = make_cells(plan, rows, sorted({*done.values()}), out)
    found = [
        cell
        for cell in every
        if cell.folder in done
        and cell.folder not in here
        and cell.change() is None
    ]
    rehearsals = {}
    for cell in found:
        path = out / 'rehearsals' / f'{cell.fingerprint}.json'
        if path.is_file():
            rehearsals[cell.name] = json.loads(path.read_text())
    return found, rehearsals
