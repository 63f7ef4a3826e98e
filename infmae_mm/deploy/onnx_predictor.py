"""Prediction with an exported network, without torch."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from ..files import sha256
from .inputs import InputError
from .onnx_file import Metadata, open_session, run_session
from .predictor import NOT_FINITE
from .preprocessing import Preprocessing
from .results import (
    TASKS,
    ClassScores,
    Detections,
    LabelMap,
    Options,
    Prediction,
    TargetMap,
)
from .tiles import average, tile_boxes
from .values import Reading, chosen_radiometric, read_values


class OnnxPredictor:
    """A :class:`.predictor.Predictor` of a file of ``tools/export.py``.

    Args:
        path (str): The file.
        threads (int): For one operator; 0: as many as cores.
        radiometric (str, optional): 'counts' or 'temperature': what is read
            of radiometric JPEG, in place of what the file says.
        provider (str, optional): See :func:`.onnx_file.open_session`.

    Raises:
        InputError: If it is no such file, or holds a backbone alone.
    """

    def __init__(
        self,
        path: str,
        threads: int = 0,
        radiometric: str | None = None,
        provider: str | None = None,
    ) -> None:
        self.radiometric = radiometric
        self._session = open_session(path, threads, provider)
        self._about = about = Metadata.from_session(self._session, path)
        if about.task not in TASKS:
            raise InputError(
                f'{path} holds a backbone, which predicts nothing by itself: '
                'its outputs are maps of features.'
            )
        self.task = about.task
        self.iou = about.iou
        # two files of one network may be calibrated on other images
        self.identity = f'{about.identity}, {sha256(path)[:16]}'
        self.options = Options(
            tuple(about.classes),
            tuple(map(tuple, about.palette)),
            about.threshold,
        )
        self._preprocessing = Preprocessing(**about.preprocessing)
        self.palette = self._preprocessing.palette

    def choose(self, **options: Any) -> None:
        """Replace some of :attr:`options`."""
        self.options = replace(self.options, **options)

    def read(self, path: str) -> Reading:
        """See :class:`.predictor.Predictor`."""
        return read_values(
            path,
            self.palette,
            chosen_radiometric(
                self.radiometric, self._preprocessing.radiometric
            ),
        )

    def grey(self, values: np.ndarray) -> np.ndarray:
        """See :class:`.predictor.Predictor`."""
        return self._preprocessing.grey(values)

    def prepare(self, grey: np.ndarray) -> tuple[tuple, Any]:
        """See :class:`.predictor.Predictor`."""
        image = self._preprocessing.normalise(self._preprocessing.resize(grey))
        return image.shape, (image, grey.shape)

    def predict(self, inputs: Sequence[Any]) -> list[Prediction | str]:
        """See :class:`.predictor.Predictor`."""
        images, shapes = zip(*inputs, strict=True)
        if self.task == 'detection':
            return [
                self._detect(image, shape)
                for image, shape in zip(images, shapes, strict=True)
            ]
        if self.task == 'classification':
            logits = self._run(np.stack(images))
            self._check_classes(logits.shape[1])
            return [
                ClassScores(softmax(row))
                if np.isfinite(row).all()
                else NOT_FINITE
                for row in logits
            ]
        maps = self._logits(np.stack(images))  # (B, C, H, W)
        if self.task == 'segmentation':
            self._check_classes(len(maps[0]))
        return [
            self._from_logits(logits, shape)
            for logits, shape in zip(maps, shapes, strict=True)
        ]

    def _check_classes(self, number: int) -> None:
        """Exporters leave the number of classes open in a graph.

        Raises:
            InputError: If there are not as many names.
        """
        if number != len(self.options.classes):
            raise InputError(
                f'The network has {number} classes, and its file names '
                f'{len(self.options.classes)}: it was changed.'
            )

    def _run(self, images: np.ndarray) -> np.ndarray:
        return run_session(self._session, images)[0]

    def _logits(self, images: np.ndarray) -> Sequence[np.ndarray]:
        window = self._about.window
        if window is None:
            return self._run(images)
        boxes = list(
            tile_boxes(images.shape[2:], window['size'], window['stride'])
        )
        parts = [
            self._run(images[:, :, top:bottom, left:right])
            for left, top, right, bottom in boxes
        ]
        return [average(maps, boxes) for maps in zip(*parts, strict=True)]

    def _from_logits(
        self, logits: np.ndarray, shape: tuple[int, int]
    ) -> Prediction | str:
        if not np.isfinite(logits).all():
            return NOT_FINITE
        if logits.shape[1:] != shape:
            logits = np.stack(
                [
                    cv2.resize(
                        layer, shape[::-1], interpolation=cv2.INTER_LINEAR
                    )
                    for layer in logits
                ]
            )
        if self.task == 'small_target':
            return TargetMap(sigmoid(logits[0]))
        return LabelMap(logits.argmax(0).astype(self.options.label_type))

    def _detect(
        self, image: np.ndarray, shape: tuple[int, int]
    ) -> Prediction | str:
        boxes, scores, labels = run_session(self._session, image[None])
        if not np.isfinite(boxes).all():
            return NOT_FINITE
        if len(labels):
            most = max(int(labels.max()) + 1, len(self.options.classes))
            self._check_classes(most)
        # as mmdet: by the factors of the resized image
        factor = np.float32(image.shape[:0:-1]) / np.float32(shape[::-1])
        return Detections(boxes / np.tile(factor, 2), scores, labels)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits, float32."""
    return 1 / (1 + np.exp(-logits.clip(-80, 80)))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of the logits of classes (C,)."""
    scores = np.exp(logits - logits.max())
    return scores / scores.sum()
