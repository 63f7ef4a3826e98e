"""Imports of upstream, without what no user can act upon."""

import contextlib
import io
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from typing import TextIO

# Printed by the forks at import, and warnings of parts that nothing of this
# package uses or of defaults that it keeps.
CHATTER = 'Could not import OneDL'
CHATTERING = (DeprecationWarning, FutureWarning)
WARNINGS = (
    'faster_coco_eval is not installed',
    'Default ``avg_non_ignore`` is False',
    'For binary segmentation, we suggest using',
)


class _WithoutChatter(io.TextIOBase):
    """Hands lines on to a stream, but for those that nobody needs.

    A logger that is made meanwhile keeps it, so that it has to go on working.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._line = ''

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split('\n')
        for line in lines:
            if CHATTER not in line:
                self._stream.write(f'{line}\n')
        return len(text)

    def flush(self) -> None:
        # Python flushes what is deleted: at its end, after the stream's.
        if not self._stream.closed:
            self._stream.flush()


@contextlib.contextmanager
def quiet_imports() -> Iterator[None]:
    """Leave out what upstream prints at import and no user can act upon.

    Its filters of warnings stay, for the rest of a tool. Code that is called
    by others puts ``warnings.catch_warnings()`` around it.
    """
    for category in CHATTERING:
        warnings.simplefilter('ignore', category)
    for text in WARNINGS:
        warnings.filterwarnings('ignore', text)
    with contextlib.redirect_stdout(_WithoutChatter(sys.stdout)):
        yield


def import_quietly(*modules: str) -> None:
    """Import modules of upstream without their chatter.

    Filters of warnings of the caller stay as they are.

    Args:
        *modules (str): Such as 'mmseg.datasets'.
    """
    # torch 2.5 shows some whatever the filters say
    with warnings.catch_warnings(record=True) as shown, quiet_imports():
        for module in modules:
            import_module(module)
    for warning in shown:
        if not issubclass(warning.category, CHATTERING):
            warnings.showwarning(
                warning.message,
                warning.category,
                warning.filename,
                warning.lineno,
            )
