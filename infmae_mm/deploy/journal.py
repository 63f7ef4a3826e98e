"""A folder of results that a run can be broken off and taken up in."""

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from .inputs import InputError

JOURNAL = '.predictions.json'


class Journal:
    """Tables that grow, and how far they are complete.

    After every few images the tables are flushed, and their lengths and the
    number of images done are written down, all or nothing. A run that was
    interrupted cuts the tables to these lengths and goes on from there, so
    that it ends with the same files.

    Args:
        folder (str): A new or empty folder, or that of an interrupted run.
        request (dict): What was asked, as JSON has it: only the same request
            may go on.
        tables (dict[str, str]): Names of the tables, and how each begins.

    Attributes:
        done (int): Images and frames that are complete.
        failed (int): How many of the files could not be read.
        finished (bool): Whether nothing is left to do.

    Raises:
        InputError: If the folder holds anything else, or was begun by
            another request.
    """

    def __init__(
        self, folder: str, request: dict, tables: dict[str, str]
    ) -> None:
        self.folder = Path(folder)
        self._path = self.folder / JOURNAL
        self._request = json.loads(json.dumps(request))
        self._tables: dict[str, IO[bytes]] = {}
        self.done, self.failed, self.finished = 0, 0, False
        if self._path.is_file():
            lengths = self._take_up()
        elif self.folder.exists() and not self.folder.is_dir():
            raise InputError(f'{folder} is a file, not a folder for results.')
        elif self.folder.exists() and any(
            # a disk that was full at the start leaves half a journal
            path != _partial(self._path)
            for path in self.folder.iterdir()
        ):
            raise InputError(
                f'{folder} is not empty, and no predictions were begun in '
                'it. Nothing shall be overwritten: choose another folder.'
            )
        else:
            lengths = {}
            self.folder.mkdir(parents=True, exist_ok=True)
            # first of all files: what else is there from now on is of this run
            self.commit(0)
        if self.finished:
            # the tables are the user's now, who may have added to them
            return
        for name, start in tables.items():
            # kept open for the whole run
            file = open(self.folder / name, 'ab')  # noqa: SIM115
            file.truncate(lengths.get(name, 0))
            file.seek(0, os.SEEK_END)
            if name not in lengths:
                file.write(start.encode())
            self._tables[name] = file
        self.commit(0)

    def _take_up(self) -> dict[str, int]:
        try:
            state = json.loads(self._path.read_text())
            begun = state['request']
            self.done, self.failed = state['done'], state['failed']
            self.finished = state['finished']
            names = sorted({*begun.keys(), *self._request})
            lengths = dict(state['lengths'].items())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f'{self._path} is damaged: choose another folder.'
            ) from error
        changed = [
            f'{key} was {begun.get(key)!r} and is {self._request.get(key)!r}'
            for key in names
            if begun.get(key) != self._request.get(key)
        ]
        if changed:
            raise InputError(
                f'{self.folder} holds predictions of another request: '
                f'{"; ".join(changed)}. Give the same command to go on, or '
                'another folder.'
            )
        for name, length in lengths.items():
            table = self.folder / name
            if not table.is_file() or table.stat().st_size < length:
                raise InputError(
                    f'{table} is gone or shorter than it was: this run '
                    'cannot go on. Choose another folder.'
                )
        return lengths

    def append(self, table: str, text: str) -> None:
        """Add to a table what the next :meth:`commit` makes valid."""
        self._tables[table].write(text.encode())

    def length(self, table: str) -> int:
        """Bytes of a table so far."""
        return self._tables[table].tell()

    def commit(self, done: int, failed: int = 0) -> None:
        """Write down that so many more images and failures are complete."""
        self.done += done
        self.failed += failed
        lengths = {}
        for name, file in self._tables.items():
            file.flush()
            lengths[name] = file.tell()
        state = dict(
            request=self._request,
            done=self.done,
            failed=self.failed,
            finished=self.finished,
            lengths=lengths,
        )
        write_whole(self._path, json.dumps(state).encode())

    def finish(self, done: int, failed: int = 0) -> None:
        """:meth:`commit`, and write down that all is done: both or none."""
        self.finished = True
        self.commit(done, failed)

    def close(self) -> None:
        """Close the tables: all of them, also where a disk is full."""
        with ExitStack() as stack:
            for file in self._tables.values():
                stack.callback(file.close)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name first: it is there whole or not.

    As :func:`..files.write_atomically`, without its wait for the disk and its
    look at the whole folder, which thousands of pictures would feel.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(path)
    partial.write_bytes(data)
    os.replace(partial, path)


def _partial(path: Path) -> Path:
    return path.with_name(f'.{path.name}.partial')
