"""Predicts on files: reading, the network and writing side by side.

What is in memory at a time are a few batches, whatever the number of images.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ..thermal.reading import UnreadableImageError
from .frames import Chunk, FrameReader, count_frames
from .inputs import Item
from .predictor import Predictor
from .results import TASKS, Detections, Prediction, TargetMap
from .settings import Settings
from .tiles import Box, blend, drop_fragments, merge_boxes, tile_boxes
from .values import Reading, frame_values
from .writing import ResultWriter

_TOO_LARGE = (
    'there is not enough memory for it: try a smaller --batch-size, or --tile'
)


@dataclass
class Prepared:
    """A frame, read and ready for the network.

    Attributes:
        reading (Reading): Its values.
        grey (np.ndarray): (H, W), uint8.
        boxes (list[Box]): Its tiles.
        inputs (list[tuple[tuple, Any]]): Of each tile; see
            :meth:`Predictor.prepare`.
    """

    reading: Reading
    grey: np.ndarray
    boxes: list[Box]
    inputs: list[tuple[tuple, Any]]


class PredictionRun:
    """Predicts on files, into a folder.

    Args:
        predictor (Predictor): The network.
        items (Sequence[Item]): The files.
        out_dir (str): New or empty, or the folder of the same run, broken
            off, which goes on.
        settings (Settings): How.
        report (Callable[[str], None]): Is told of files that fail.

    Attributes:
        total (int): Images, and frames as the headers of videos tell.

    Raises:
        InputError: If the folder or a setting does not fit.
    """

    def __init__(
        self,
        predictor: Predictor,
        items: Sequence[Item],
        out_dir: str,
        settings: Settings,
        report: Callable[[str], None] = print,
    ) -> None:
        settings.check(predictor.task)
        self.predictor = predictor
        self.items = items
        self.settings = settings
        self.total = count_frames(items)
        self.kind = TASKS[predictor.task]
        self.writer = ResultWriter(
            self.kind,
            predictor.options,
            out_dir,
            self._request(),
            settings.pictures,
            report,
        )

    def _request(self) -> dict:
        files = '\n'.join(f'{i.path}\t{i.name}\t{i.key}' for i in self.items)
        digest = hashlib.sha256(files.encode('utf-8', 'surrogateescape'))
        options, settings = self.predictor.options, self.settings
        return {
            'network': self.predictor.identity,
            'inputs': f'{len(self.items)} files, {digest.hexdigest()[:16]}',
            'threshold': options.threshold,
            'top k': options.top_k,
            'probabilities': options.probabilities,
            'batch size': settings.batch_size,
            'tile': settings.tile,
            'overlap': settings.overlap,
            'pictures': settings.pictures,
            'temperature': settings.temperature,
            'radiometric': self.predictor.radiometric,
        }

    def run(self, advance: Callable[[int], None] = lambda count: None) -> int:
        """Predict on all that is not done yet.

        Args:
            advance (Callable[[int], None]): Is told of frames done.

        Returns:
            int: How many files could not be read, in earlier runs too.
        """
        journal = self.writer.journal
        advance(journal.done)
        try:
            if not journal.finished:
                self._run(journal.done, advance)
        finally:
            self.writer.close()
        return journal.failed

    def _run(self, done: int, advance: Callable[[int], None]) -> None:
        reader = FrameReader(
            self.items, self.settings.batch_size, self._load, self._take
        )
        readers = ThreadPoolExecutor(self.settings.workers)
        writers = ThreadPoolExecutor(self.settings.workers)
        ahead: deque[Chunk] = deque()
        behind: deque[tuple[Chunk, list[Future | str]]] = deque()

        def record() -> None:
            chunk, written = behind.popleft()
            self.writer.record(chunk, written)
            advance(chunk.positions)

        try:
            chunks = reader.chunks(readers, done)
            while True:
                # two batches are read while one is in the network
                while len(ahead) < 3 and (chunk := next(chunks, None)):
                    ahead.append(chunk)
                if not ahead:
                    break
                chunk = ahead.popleft()
                written = [
                    found
                    if isinstance(found, str)
                    else writers.submit(self.writer.write, frame, *found)
                    for frame, found in zip(
                        chunk.frames, self._predict(chunk), strict=True
                    )
                ]
                behind.append((chunk, written))
                if len(behind) > 2:
                    record()
            while behind:
                record()
        finally:
            readers.shutdown(cancel_futures=True)
            writers.shutdown(cancel_futures=True)
        self.writer.finish()

    def _load(self, item: Item) -> Prepared:
        return self._prepare(self.predictor.read(item.path))

    def _take(self, frame: np.ndarray) -> Prepared:
        return self._prepare(frame_values(frame, self.predictor.palette))

    def _prepare(self, reading: Reading) -> Prepared:
        settings = self.settings
        if settings.temperature and reading.celsius is None:
            scale, offset = settings.temperature
            celsius = reading.values.astype(np.float64) * scale + offset
            reading = Reading(reading.values, celsius)
        grey = self.predictor.grey(reading.values)
        boxes = [(0, 0, grey.shape[1], grey.shape[0])]
        if settings.tile:
            stride = max(1, round(settings.tile * (1 - settings.overlap)))
            boxes = list(
                tile_boxes(grey.shape, (settings.tile,) * 2, (stride,) * 2)
            )
        inputs = [
            self.predictor.prepare(grey[top:bottom, left:right])
            for left, top, right, bottom in boxes
        ]
        if grey.dtype != np.uint8:
            grey = np.rint(grey).astype(np.uint8)
        return Prepared(reading, grey, boxes, inputs)

    def _predict(
        self, chunk: Chunk
    ) -> list[tuple[Reading, np.ndarray, Prediction] | str]:
        """Of each frame what is to be written, or why it cannot be."""
        found: list[Prepared | str] = []
        for future in chunk.prepared:
            try:
                found.append(future.result())
            except UnreadableImageError as error:
                found.append(error.reason)
            except ValueError as error:
                found.append(str(error))
            except cv2.error as error:
                reason = error.err or error
                found.append(
                    f'OpenCV cannot scale it to the network: {reason}'
                )
            except MemoryError:
                found.append(_TOO_LARGE)
        # inputs by what lets them share a batch
        groups: dict[tuple, list[tuple[int, int, Any]]] = {}
        parts: list[list[Prediction]] = []
        for i, prepared in enumerate(found):
            inputs = [] if isinstance(prepared, str) else prepared.inputs
            parts.append([None] * len(inputs))
            for j, (shape, data) in enumerate(inputs):
                groups.setdefault(shape, []).append((i, j, data))
        size = self.settings.batch_size
        for group in groups.values():
            for start in range(0, len(group), size):
                batch = group[start : start + size]
                try:
                    results = self.predictor.predict([x for _, _, x in batch])
                except MemoryError:
                    for i, _, _ in batch:
                        found[i] = _TOO_LARGE
                    continue
                for (i, j, _), result in zip(batch, results, strict=True):
                    parts[i][j] = result
                    if isinstance(result, str):
                        found[i] = result
        return [
            prepared
            if isinstance(prepared, str)
            else (
                prepared.reading,
                prepared.grey,
                self._merge(prepared, parts[i]),
            )
            for i, prepared in enumerate(found)
        ]

    def _merge(
        self, prepared: Prepared, parts: Sequence[Prediction]
    ) -> Prediction:
        """Bring together what was found in tiles; one is taken as it is."""
        if len(parts) == 1:
            return parts[0]
        if self.kind is TargetMap:
            maps = [part.probability for part in parts]
            return TargetMap(blend(maps, prepared.boxes))
        height, width = prepared.grey.shape
        boxes, cut = [], []
        for tile, part in zip(prepared.boxes, parts, strict=True):
            left, top, right, bottom = tile
            boxes.append(part.boxes + np.float32([left, top, left, top]))
            inner = [left > 0, top > 0, right < width, bottom < height]
            near = np.abs(boxes[-1] - np.float32(tile)) < 2
            cut.append((near & inner).any(1))
        found = Detections(
            np.concatenate(boxes),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.labels for part in parts]),
        )
        kept = merge_boxes(
            found.boxes, found.scores, found.labels, self.predictor.iou
        )
        whole = drop_fragments(
            found.boxes[kept], found.labels[kept], np.concatenate(cut)[kept]
        )
        kept = kept[whole]
        return Detections(
            found.boxes[kept], found.scores[kept], found.labels[kept]
        )
