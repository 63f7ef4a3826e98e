"""Files that are written whole, folders of their own, scans and lists.

Needs nothing but Python, so that every room can use it.
"""

import codecs
import errno
import glob
import hashlib
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
"""Codes of errors: the disk is full, or the user's share of it."""


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


def in_a_sentence(error: Exception) -> str:
    """What went wrong, and for a full disk the way on.

    Args:
        error (Exception): Of a tool that the same command begins again, or
            goes on with.

    Returns:
        str: The text of the error; for :data:`NO_ROOM` the file as well.
    """
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        where = f' at {error.filename}' if error.filename else ''
        return (
            f'the disk is full{where}. Make room, and run the same command '
            'again.'
        )
    return str(error)


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


def scan(
    folder: str | Path,
    suffixes: Sequence[str],
    skipped: dict[str, str] | None = None,
) -> Iterator[str]:
    """Find files below a folder by the ends of their names, in any case.

    Hidden files and folders are skipped, such as ``._x.jpg`` of macOS. Links
    are followed, but not back up to a folder that is being searched. A link
    whose target is gone, or that points to itself, is listed: it is reported
    when it is read.

    Args:
        folder (str | Path): A local folder.
        suffixes (Sequence[str]): In lower case, such as ``.jpg``.
        skipped (dict[str, str], optional): Gets the paths of folders below
            ``folder`` that cannot be listed, and why. Without it the first
            of them is an error.

    Yields:
        str: Path relative to ``folder``, with ``/`` between its parts, in
        order. Bytes that are no UTF-8 are as :func:`os.fsdecode` gives them.

    Raises:
        OSError: If the folder cannot be listed.
    """
    folder = os.fspath(folder)
    # what is open above this folder: a link back up ends there
    above = frozenset([os.path.realpath(folder)])
    yield from _scan(folder, '', above, tuple(suffixes), skipped)


def _scan(
    folder: str,
    prefix: str,
    above: frozenset[str],
    suffixes: tuple[str, ...],
    skipped: dict[str, str] | None,
) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            entries = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        if skipped is None or not prefix:
            raise
        skipped[folder] = error.strerror or str(error)
        return
    for entry in entries:
        if entry.name.startswith('.'):
            continue
        if is_folder(entry):
            target = os.path.realpath(entry.path)
            if target not in above:
                yield from _scan(
                    entry.path,
                    f'{prefix}{entry.name}/',
                    above | {target},
                    suffixes,
                    skipped,
                )
        elif entry.name.lower().endswith(suffixes):
            yield prefix + entry.name


def is_folder(entry: os.DirEntry) -> bool:
    """Whether something is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def parse_lines(content: bytes, name: str | Path) -> list[str]:
    """Read the lines of a text, such as a list of names or paths.

    UTF-8 with or without a byte order mark, or UTF-16 with one, as Windows
    writes it; bytes that are no UTF-8 are taken as file systems have them.
    Lines end with a line feed, a carriage return or both, and nothing else.
    Blanks around a line do not count.

    Args:
        content (bytes): The file.
        name (str | Path): Of the file, for the error.

    Raises:
        ValueError: If it is no text.
    """
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = content.decode('utf-16')
        else:
            text = content.removeprefix(codecs.BOM_UTF8).decode(
                'utf-8', 'surrogateescape'
            )
    except UnicodeDecodeError as error:
        raise ValueError(f'{name} is damaged UTF-16: {error}.') from None
    if '\0' in text:
        raise ValueError(
            f'{name} is no text: it holds null bytes (UTF-16 needs a byte '
            'order mark; save it as UTF-8).'
        )
    lines = text.replace('\r\n', '\n').replace('\r', '\n').split('\n')
    return [line.strip(' \t') for line in lines]


def parse_list(content: bytes, name: str | Path) -> list[str]:
    """The lines of :func:`parse_lines` that are not empty."""
    return [line for line in parse_lines(content, name) if line]


def read_lines(path: str | Path) -> list[str]:
    """Read the lines of a local file, see :func:`parse_lines`.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no text.
    """
    return parse_lines(Path(path).read_bytes(), path)


def read_list(path: str | Path) -> list[str]:
    """Read a list of a local file, see :func:`parse_list`.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no text.
    """
    return parse_list(Path(path).read_bytes(), path)


def fits_a_line(path: str) -> bool:
    """Tell whether a path comes back from a list as it was written.

    By other programs too, which may end lines where Unicode does.
    """
    try:
        same = parse_list(path.encode(), '') == [path]
    except UnicodeEncodeError:
        return False
    return same and path.splitlines() == [path]


def sha256(path: str | os.PathLike) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while piece := file.read(2**20):
            digest.update(piece)
    return digest.hexdigest()
