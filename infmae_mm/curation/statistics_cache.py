"""A file of statistics that grows while a set is being prepared."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import NamedTuple

from .statistics import VERSION, ImageStatistics

_HEADER = f'infmae_mm statistics {VERSION}'


class Stamp(NamedTuple):
    """Tells whether a file is the one that was measured.

    Attributes:
        size (int): In bytes.
        mtime_ns (int): Time of the last change in nanoseconds.
    """

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: str) -> 'Stamp | None':
        """Stamp of a file; None where there is no file."""
        try:
            status = os.stat(path)
        except OSError:
            return None
        return cls(status.st_size, status.st_mtime_ns)


class StatisticsCache:
    """Statistics of images by path, a line of JSON each; a context manager.

    Lines are written as they come, so that a process that is killed loses
    nothing but the line it was writing; such a line is cut off.

    Args:
        path (str | os.PathLike): The file, made where it does not exist.

    Raises:
        ValueError: If the file holds something else.
        BlockingIOError: If another process has it open.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path)
        self._known: dict[str, tuple[Stamp, ImageStatistics]] = {}
        # not 'a', which cannot cut off; not 'w', which would empty it
        self._file = os.fdopen(
            os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666), 'r+b'
        )
        try:
            self._lock()
            self._load()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> 'StatisticsCache':
        return self

    def __exit__(self, *error) -> None:
        with self._naming():
            self._file.close()

    def get(self, path: str, stamp: Stamp) -> ImageStatistics | None:
        """Statistics of a file, if it has not changed since."""
        known = self._known.get(path)
        return known[1] if known and known[0] == stamp else None

    def add(
        self, path: str, stamp: Stamp, statistics: ImageStatistics
    ) -> None:
        """Keep the statistics of a file."""
        self._known[path] = stamp, statistics
        self._write([path, *stamp, *astuple(statistics)])

    def _write(self, entry: str | list) -> None:
        # ASCII: a line cannot be cut within a character
        with self._naming():
            self._file.write(json.dumps(entry).encode() + b'\n')
            self._file.flush()

    @contextmanager
    def _naming(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:  # a full disk names no file by itself
            error.filename = str(self.path)
            raise

    def _lock(self) -> None:
        try:
            # not flock, which forked workers would hold on to
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            raise BlockingIOError(
                f'{self.path} is in use by another process: wait for it, or '
                'choose another folder.'
            ) from None

    def _load(self) -> None:
        header = json.dumps(_HEADER).encode() + b'\n'
        found = self._file.readline(len(header))
        if not header.startswith(found):
            raise ValueError(
                f'{self.path} does not hold statistics of this version '
                f'({_HEADER!r}): choose another file or folder.'
            )
        if found != header:  # empty, or cut off
            self._file.seek(0)
            self._file.truncate()
            self._write(_HEADER)
            return
        end = len(header)
        for number, line in enumerate(self._file, 2):
            if not line.endswith(b'\n'):
                break
            entry = self._parse(line)
            if not isinstance(entry, list) or len(entry) != 10:
                raise ValueError(
                    f'{self.path}, line {number} is damaged: delete this '
                    'file, and the statistics are measured again.'
                )
            path, size, mtime_ns, *values = entry
            self._known[path] = Stamp(size, mtime_ns), ImageStatistics(*values)
            end += len(line)
        self._file.seek(end)
        self._file.truncate()

    def _parse(self, line: bytes) -> object:
        try:
            return json.loads(line)
        except ValueError:
            return None
