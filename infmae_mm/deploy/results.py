"""What is found in an image: rows of tables, files and pictures of it.

All coordinates are pixels of the upright picture of the file.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from ..drawing.boxes import draw_boxes
from ..drawing.classes import draw_classes
from ..drawing.shapes import enlarge
from ..drawing.targets import draw_targets
from ..drawing.text import drawable, write_plate
from .values import CELSIUS, VALUES, Reading, measure


@dataclass(frozen=True)
class Options:
    """What results depend on, other than the network.

    Attributes:
        classes (tuple[str, ...]): Names by id.
        palette (tuple[tuple[int, int, int], ...]): Colours by id, RGB.
        threshold (float): Least score of a box, or least probability above
            which a pixel is a target.
        top_k (int): Classes of an image that are listed.
        probabilities (bool): Whether probability maps are wanted.
    """

    classes: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]
    threshold: float = 0.3
    top_k: int = 5
    probabilities: bool = False

    @property
    def label_type(self) -> type:
        """What holds the id of every class."""
        return np.uint8 if len(self.classes) <= 256 else np.uint16


class Prediction:
    """Base of what a network says of one image."""

    table: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]

    def rows(self, reading: Reading, options: Options) -> Iterator[list[str]]:
        """Rows of :attr:`table`, without the image and its time."""
        raise NotImplementedError

    def files(self, options: Options) -> Iterator[tuple[str, np.ndarray]]:
        """Folders of further files, and the image for each."""
        yield from ()

    def records(self, options: Options) -> list[dict]:
        """Entries of the JSON file, where there is one."""
        return []

    def draw(self, image: np.ndarray, options: Options) -> np.ndarray:
        """Draw over an image (H, W, 3), RGB, uint8."""
        raise NotImplementedError


@dataclass(frozen=True)
class Detections(Prediction):
    """Boxes, best first.

    Attributes:
        boxes (np.ndarray): (N, 4), float: left, top, right and bottom.
        scores (np.ndarray): (N,), float.
        labels (np.ndarray): (N,), int: ids of classes.
    """

    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray

    table = 'detections.csv'
    columns = ('class', 'score', 'x1', 'y1', 'x2', 'y2', *VALUES, *CELSIUS)

    def rows(self, reading: Reading, options: Options) -> Iterator[list[str]]:
        """See the base."""
        height, width = reading.values.shape
        for box, score, label in self._chosen(options):
            # every pixel that the box touches, and one at least
            left, top = np.floor(box[:2]).astype(int)
            right, bottom = np.ceil(box[2:]).astype(int)
            left = np.clip(left, 0, width - 1)
            top = np.clip(top, 0, height - 1)
            inside = (
                slice(top, max(bottom, top + 1)),
                slice(left, max(right, left + 1)),
            )
            yield [
                options.classes[label],
                f'{score:.4f}',
                *(f'{v:.2f}' for v in box),
                *measure(reading, inside),
            ]

    def records(self, options: Options) -> list[dict]:
        """Entries of COCO's results format, but for the image."""
        return [
            dict(
                category_id=int(label) + 1,
                bbox=[
                    round(float(v), 2)
                    for v in (*box[:2], box[2] - box[0], box[3] - box[1])
                ],
                score=round(float(score), 4),
            )
            for box, score, label in self._chosen(options)
        ]

    def draw(self, image: np.ndarray, options: Options) -> np.ndarray:
        """See the base."""
        chosen = list(self._chosen(options))[::-1]
        return draw_boxes(
            image,
            np.array([box for box, _, _ in chosen]).reshape(-1, 4),
            [f'{options.classes[i]} {score:.2f}' for _, score, i in chosen],
            [options.palette[i] for _, _, i in chosen],
        )

    def _chosen(self, options: Options) -> Iterator[tuple]:
        for box, score, label in zip(
            self.boxes, self.scores, self.labels, strict=True
        ):
            if score >= options.threshold:
                yield box, score, label


@dataclass(frozen=True)
class LabelMap(Prediction):
    """A class for each pixel.

    Attributes:
        labels (np.ndarray): (H, W), uint8 or uint16: ids of classes.
    """

    labels: np.ndarray

    table = 'areas.csv'
    columns = ('class', 'pixels', 'share', *VALUES, *CELSIUS)

    def rows(self, reading: Reading, options: Options) -> Iterator[list[str]]:
        """One for each class that is there."""
        counts = np.bincount(self.labels.ravel())
        for i in np.flatnonzero(counts):
            yield [
                options.classes[i],
                str(counts[i]),
                f'{counts[i] / self.labels.size:.6f}',
                *measure(reading, self.labels == i),
            ]

    def files(self, options: Options) -> Iterator[tuple[str, np.ndarray]]:
        """The label map."""
        yield 'labels', self.labels

    def draw(self, image: np.ndarray, options: Options) -> np.ndarray:
        """See the base."""
        return draw_classes(
            image, self.labels, options.classes, options.palette
        )


@dataclass(frozen=True)
class TargetMap(Prediction):
    """The probability of each pixel to belong to a small target.

    Attributes:
        probability (np.ndarray): (H, W), float32, 0 to 1.
    """

    probability: np.ndarray

    table = 'targets.csv'
    columns = (
        'x',
        'y',
        'area',
        'peak',
        'mean',
        'x1',
        'y1',
        'x2',
        'y2',
        *VALUES,
        *CELSIUS,
    )

    def _targets(self, options: Options) -> Iterator[tuple]:
        """Box, shape in it, area and centroid of each, by their boxes."""
        mask = (self.probability > options.threshold).astype(np.uint8)
        _, labels, stats, centroids = cv2.connectedComponentsWithStats(
            mask, connectivity=8
        )
        order = np.lexsort((stats[1:, 0], stats[1:, 1])) + 1
        for i in order:
            left, top, width, height, area = stats[i].tolist()
            box = slice(top, top + height), slice(left, left + width)
            yield box, labels[box] == i, area, centroids[i]

    def rows(self, reading: Reading, options: Options) -> Iterator[list[str]]:
        """One for each 8-connected component above the threshold."""
        for box, shape, area, (x, y) in self._targets(options):
            inner = self.probability[box][shape]
            celsius = reading.celsius
            inside = Reading(
                reading.values[box], None if celsius is None else celsius[box]
            )
            yield [
                f'{x:.2f}',
                f'{y:.2f}',
                str(area),
                f'{inner.max():.4f}',
                f'{inner.mean(dtype=np.float64):.4f}',
                str(box[1].start),
                str(box[0].start),
                str(box[1].stop),
                str(box[0].stop),
                *measure(inside, shape),
            ]

    def files(self, options: Options) -> Iterator[tuple[str, np.ndarray]]:
        """The probabilities in 16 bits, 65535 for 1, where wanted."""
        if options.probabilities:
            scaled = np.rint(self.probability * 65535)
            yield 'probabilities', scaled.astype(np.uint16)

    def draw(self, image: np.ndarray, options: Options) -> np.ndarray:
        """See the base."""
        found = [(box, shape) for box, shape, *_ in self._targets(options)]
        return draw_targets(image, dict(predicted=found))


@dataclass(frozen=True)
class ClassScores(Prediction):
    """The probability of each class of an image.

    Attributes:
        scores (np.ndarray): (C,), float.
    """

    scores: np.ndarray

    table = 'classes.csv'
    columns = ('rank', 'class', 'score')

    def _best(self, options: Options) -> np.ndarray:
        return np.argsort(-self.scores, kind='stable')[: options.top_k]

    def rows(self, reading: Reading, options: Options) -> Iterator[list[str]]:
        """The best classes."""
        for rank, i in enumerate(self._best(options), 1):
            yield [str(rank), options.classes[i], f'{self.scores[i]:.4f}']

    def draw(self, image: np.ndarray, options: Options) -> np.ndarray:
        """The best class, on an image enlarged to at least 160 pixels."""
        factor = max(1, -(-160 // max(image.shape[:2])))
        drawn = enlarge(image, factor)
        best = self._best(options)[0]
        text = f'{options.classes[best]} {self.scores[best]:.2f}'
        box = 0, 0, drawn.shape[1], 0
        write_plate(drawn, drawable(text), options.palette[best], box)
        return drawn


TASKS: dict[str, type[Prediction]] = dict(
    segmentation=LabelMap,
    detection=Detections,
    small_target=TargetMap,
    classification=ClassScores,
)
"""Tasks, and what a network says of an image in each."""


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """Lines of a table, with quotes where they are needed."""
    text = io.StringIO()
    csv.writer(text, lineterminator='\n').writerows(rows)
    return text.getvalue()


def json_lines(records: Sequence[dict], first: bool) -> str:
    """Entries of a JSON array that grows, a line each."""
    text = ',\n'.join(json.dumps(record) for record in records)
    return ('' if first or not text else ',\n') + text
