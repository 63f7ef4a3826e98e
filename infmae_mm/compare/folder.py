"""The folder of a comparison: whose it is, and one process at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .plan import PlanError

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
