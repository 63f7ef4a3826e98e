"""What an error says to a user, who has no use for a traceback."""

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..checkpoint import CheckpointError
from ..classes import LabelError
from ..thermal.damage import UnreadableImageError
from .processes import LaunchError

WRITTEN_FOR_USERS = (CheckpointError, LabelError, UnreadableImageError)
PACKAGE = str(Path(__file__).parents[1])
# Of an error in a worker, torch keeps the traceback, as text.
IN_A_WORKER = re.compile(r'Caught (\w+) in DataLoader worker')
PLACE = re.compile(r'^  File "([^"]+)"', re.MULTILINE)


@contextmanager
def sentences() -> Iterator[None]:
    """Turn errors that this package raised into a sentence.

    Those of other packages, and those that tell of a mistake in this one,
    keep their traceback.

    Raises:
        LaunchError: In place of such an error.
    """
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        raise LaunchError(sentence) from error


@contextmanager
def missing_files() -> Iterator[None]:
    """Name a file that a dataset of another package looks for in vain.

    Raises:
        LaunchError: In place of ``FileNotFoundError``.
    """
    try:
        yield
    except FileNotFoundError as error:
        if error.filename is None:
            raise
        raise LaunchError(
            f'{error.filename}: there is no such file or folder, and the '
            'config names it. --data-root DIR tells where the data are.'
        ) from error


def sentence_of(error: Exception) -> str | None:
    """What an error says, if this package raised it.

    Args:
        error (Exception): Of this process, or of a worker of a data loader.

    Returns:
        str | None: None for errors of other packages.
    """
    text = str(error)
    if match := IN_A_WORKER.match(text):
        places = PLACE.findall(text)
        ours = places and places[-1].startswith(PACKAGE)
        # the name of its class stands before what it says
        return text.rpartition(f'{match[1]}: ')[2].strip() if ours else None
    if isinstance(error, WRITTEN_FOR_USERS):
        return text
    frames = traceback.extract_tb(error.__traceback__)
    ours = frames and frames[-1].filename.startswith(PACKAGE)
    # an argument out of range, a folder that is missing
    return text if ours and isinstance(error, (OSError, ValueError)) else None
