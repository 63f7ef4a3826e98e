"""Files that are written whole or not at all, and folders of their own.

Needs nothing but Python, so that every room can use it.
"""

import glob
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def open_atomically(path: str | Path, mode: str = 'w') -> Iterator[IO]:
    """Write a file that is, at any moment, absent, old or complete.

    What is written goes to a hidden file in the same folder, which takes the
    file's name when it is on the disk. Its name holds the host and the
    process, so that two processes never share one. When writing fails it is
    removed; a process that is killed leaves it behind, and the next one that
    writes the same file on that host removes it.

    Args:
        path (str | Path): Where to. Its folder is created if absent.
        mode (str): 'w' for text (UTF-8, line ends as given) or 'wb'.

    Yields:
        IO: The file to write to.

    Raises:
        OSError: If it cannot be written; ``filename`` is ``path``.
    """
    path = Path(path)
    text = {} if 'b' in mode else dict(encoding='utf-8', newline='')
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        part = path.with_name(f'{_stem(path)}{os.getpid()}.part')
        with open(part, mode.replace('w', 'x'), **text) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        # A full disk names no file by itself.
        if error.filename in (None, str(part)):
            error.filename = str(path)
        raise
    finally:
        if part is not None:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def write_atomically(content: bytes, path: str | Path) -> None:
    """Write bytes by :func:`open_atomically`.

    Args:
        content (bytes): What to write.
        path (str | Path): Where to. Its folder is created if absent.

    Raises:
        OSError: If it cannot be written; ``filename`` is ``path``.
    """
    with open_atomically(path, 'wb') as file:
        file.write(content)


def _stem(path: Path) -> str:
    return f'.{path.name}.{socket.gethostname()}-'


def _remove_leftovers(path: Path) -> None:
    """Remove what killed processes of this host left of a file."""
    for part in path.parent.glob(f'{glob.escape(_stem(path))}*.part'):
        pid = part.name.removeprefix(_stem(path)).removesuffix('.part')
        if pid.isdecimal() and not _is_running(int(pid)):
            with suppress(OSError):
                part.unlink()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    # this process writes one file at a time under one name
    return pid != os.getpid()


def check_new_folder(path: str | Path) -> None:
    """See that a folder is new or empty, so that nothing is overwritten.

    Args:
        path (str | Path): The folder.

    Raises:
        FileExistsError: If it holds files, or is a file.
    """
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        what = 'is not empty' if path.is_dir() else 'is a file'
        raise FileExistsError(
            f'{path} {what}, and nothing shall be overwritten: choose a new '
            'or an empty folder.'
        )
