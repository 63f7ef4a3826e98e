"""Results in a folder: tables, label maps, pictures and films."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from time import monotonic

import cv2
import numpy as np

from ..thermal.damage import printable
from .frames import Chunk, Frame
from .inputs import Item
from .journal import Journal, write_whole
from .results import (
    Detections,
    Options,
    Prediction,
    csv_lines,
    json_lines,
)
from .values import Reading
from .videos import film_rate, spelled

FAILED, JSON = 'unreadable.csv', 'detections.json'
_COMMIT_SECONDS = 2.0

Written = tuple[list[list[str]], list[dict], np.ndarray | None]
"""Rows and records of a frame, and its picture, where it is of a video."""


class ResultWriter:
    """Writes what was predicted, in the order of the inputs.

    Args:
        kind (type[Prediction]): What is predicted.
        options (Options): Classes, palette and thresholds.
        out_dir (str): The folder; see :class:`.journal.Journal`.
        request (dict): What was asked; see there.
        pictures (bool): Whether to draw.
        report (Callable[[str], None]): Is told of files that fail.

    Attributes:
        journal (Journal): What is done.
    """

    def __init__(
        self,
        kind: type[Prediction],
        options: Options,
        out_dir: str,
        request: dict,
        pictures: bool,
        report: Callable[[str], None] = print,
    ) -> None:
        self.kind = kind
        self.options = options
        self.out_dir = Path(out_dir)
        self.pictures = pictures
        self.report = report
        columns = ('image', 'frame', 'time', *kind.columns)
        tables = {
            kind.table: csv_lines([columns]),
            FAILED: csv_lines([('image', 'reason')]),
        }
        if kind is Detections:
            tables[JSON] = '[\n'
        self.journal = Journal(out_dir, request, tables)
        self._film: cv2.VideoWriter | None = None
        self._filmed: Item | None = None  # whose film is begun, or failed
        self._done, self._failed, self._committed = 0, 0, monotonic()

    def write(
        self,
        frame: Frame,
        reading: Reading,
        grey: np.ndarray,
        prediction: Prediction,
    ) -> Written:
        """Write the files of one frame, in any thread and order.

        Args:
            frame (Frame): The frame.
            reading (Reading): Its values.
            grey (np.ndarray): (H, W), uint8, what is drawn on.
            prediction (Prediction): What was predicted.
        """
        for folder, image in prediction.files(self.options):
            self._write_png(f'{folder}/{frame.key}.png', image)
        picture = None
        if self.pictures:
            colour = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
            picture = prediction.draw(colour, self.options)
            picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
            if frame.number is None:
                self._write_png(f'pictures/{frame.key}.png', picture)
                picture = None
        rows = [
            [*frame.cells, *row]
            for row in prediction.rows(reading, self.options)
        ]
        return rows, prediction.records(self.options), picture

    def record(self, chunk: Chunk, written: Sequence[Future | str]) -> None:
        """Add a chunk to the tables: chunks come in order.

        Args:
            chunk (Chunk): Its frames.
            written (Sequence[Future | str]): Of each frame a
                :data:`Written`, or why it could not be read.
        """
        for frame, future in zip(chunk.frames, written, strict=True):
            if isinstance(future, str):
                which = (
                    '' if frame.number is None else f'frame {frame.number}: '
                )
                self._fail(frame.item, which + future)
                continue
            rows, records, picture = future.result()
            self.journal.append(self.kind.table, csv_lines(rows))
            if records:
                self._append_records(frame, records)
            if picture is not None:
                self._append_picture(frame.item, picture, chunk.fps)
        if chunk.ends_video:
            if chunk.error:
                self._fail(chunk.ends_video, chunk.error)
            self._end_film(chunk.ends_video)
        self._done += chunk.positions
        # A film that is broken off begins anew, and its frames with it.
        late = monotonic() - self._committed > _COMMIT_SECONDS
        if late and self._filmed is None:
            self._commit()

    def finish(self) -> None:
        """End the tables."""
        if self.kind is Detections:
            self.journal.append(JSON, '\n]\n')
        self.journal.finish(self._done, self._failed)

    def close(self) -> None:
        """Close the files, of a run that was interrupted too."""
        if self._film is not None:
            self._film.release()
        self.journal.close()

    def _commit(self) -> None:
        self.journal.commit(self._done, self._failed)
        self._done, self._failed, self._committed = 0, 0, monotonic()

    def _fail(self, item: Item, reason: str) -> None:
        self.journal.append(FAILED, csv_lines([(item.name, reason)]))
        self._failed += 1
        self.report(f'{printable(item.path)}: {reason}')

    def _write_png(self, name: str, image: np.ndarray) -> None:
        data = cv2.imencode('.png', image)[1].tobytes()
        write_whole(self.out_dir / name, data)

    def _append_records(self, frame: Frame, records: list[dict]) -> None:
        about = dict(image_id=frame.position, file_name=frame.item.name)
        if frame.number is not None:
            about.update(frame=frame.number)
        first = self.journal.length(JSON) == len('[\n')
        text = json_lines([about | record for record in records], first)
        self.journal.append(JSON, text)

    def _film_path(self, item: Item) -> Path:
        return self.out_dir / 'pictures' / f'{item.key}.mp4'

    def _append_picture(
        self, item: Item, picture: np.ndarray, fps: float
    ) -> None:
        # the codec would leave out the last row or column of an odd number
        height, width = picture.shape[:2]
        picture = cv2.copyMakeBorder(
            picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE
        )
        if self._filmed is None:
            self._filmed = item
            self._film = self._begin_film(item, picture, fps)
        if self._film is not None:
            self._film.write(picture)

    def _begin_film(
        self, item: Item, picture: np.ndarray, fps: float
    ) -> cv2.VideoWriter | None:
        path = _partial(self._film_path(item))
        path.parent.mkdir(parents=True, exist_ok=True)
        codec = cv2.VideoWriter_fourcc(*'mp4v')
        height, width = picture.shape[:2]
        with spelled(str(path)) as name:
            film = cv2.VideoWriter(
                name, codec, film_rate(fps), (width, height)
            )
        if film.isOpened():
            return film
        path.unlink(missing_ok=True)
        self._fail(
            item,
            f'OpenCV cannot write a film of {width}x{height} pixels; its '
            'frames are in the tables',
        )
        return None

    def _end_film(self, item: Item) -> None:
        self._filmed = None
        if self._film is not None:
            self._film.release()
            self._film = None
            path = self._film_path(item)
            os.replace(_partial(path), path)


def _partial(path: Path) -> Path:
    # OpenCV takes the format from the ending
    return path.with_name(f'.{path.stem}.partial.mp4')
