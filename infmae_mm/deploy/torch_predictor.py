"""Prediction with a network in torch, as the test loop would do it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from mmengine.dataset import Compose

from .network import Network
from .predictor import NOT_FINITE
from .results import (
    ClassScores,
    Detections,
    LabelMap,
    Options,
    Prediction,
    TargetMap,
)
from .values import Reading, chosen_radiometric, read_values


class TorchPredictor:
    """A :class:`.predictor.Predictor` of a network in torch.

    Images go through the test pipeline and the ``test_step`` of the model,
    so that tables say what ``tools/test.py`` measures.

    Args:
        network (Network): The network.
        radiometric (str, optional): 'counts' or 'temperature': what is read
            of radiometric JPEG, in place of what the config says.
        **options: Of :class:`.results.Options`, in place of the network's.
    """

    def __init__(
        self,
        network: Network,
        radiometric: str | None = None,
        **options: Any,
    ) -> None:
        self.radiometric = radiometric
        self.task = network.task
        self.iou = network.iou
        self.identity = network.identity
        self.options = replace(
            Options(network.classes, network.palette, network.threshold),
            **options,
        )
        self._model = network.model
        self._loader = network.loader
        self.palette = network.loader.palette
        self._pipeline = Compose(network.steps)

    def read(self, path: str) -> Reading:
        """See :class:`.predictor.Predictor`."""
        loader = self._loader
        return read_values(
            path,
            loader.palette,
            chosen_radiometric(self.radiometric, loader.radiometric),
            loader.backend_args,
        )

    def grey(self, values: np.ndarray) -> np.ndarray:
        """See :class:`.predictor.Predictor`."""
        dtype = np.float32 if self._loader.to_float32 else np.uint8
        return self._loader.mapping(values, dtype)[0]

    def prepare(self, grey: np.ndarray) -> tuple[tuple, Any]:
        """See :class:`.predictor.Predictor`."""
        # what LoadThermalImage gives
        image = np.repeat(grey[..., None], self._loader.channels, axis=2)
        packed = self._pipeline(
            dict(img=image, img_shape=grey.shape, ori_shape=grey.shape)
        )
        # mmseg warns of a batch of images of several sizes
        return (*packed['inputs'].shape, *grey.shape), packed

    @torch.inference_mode()
    def predict(self, inputs: Sequence[Any]) -> list[Prediction | str]:
        """See :class:`.predictor.Predictor`."""
        try:
            samples = self._model.test_step(
                dict(
                    inputs=[packed['inputs'] for packed in inputs],
                    data_samples=[packed['data_samples'] for packed in inputs],
                )
            )
        except RuntimeError as error:
            # torch has no class for it on the CPU
            if not re.search('out of memory|allocate memory', str(error)):
                raise
            raise MemoryError from error
        return [self._result(sample) for sample in samples]

    def _result(self, sample: Any) -> Prediction | str:
        if not self._values(sample).isfinite().all():
            return NOT_FINITE
        if self.task == 'segmentation':
            labels = sample.pred_sem_seg.data[0]  # (H, W)
            labels = labels.cpu().numpy().astype(self.options.label_type)
            return LabelMap(labels)
        if self.task == 'small_target':
            return TargetMap(sample.seg_logits.data[0].float().cpu().numpy())
        if self.task == 'classification':
            return ClassScores(sample.pred_score.float().cpu().numpy())
        found = sample.pred_instances
        return Detections(
            found.bboxes.float().cpu().numpy(),
            found.scores.float().cpu().numpy(),
            found.labels.cpu().numpy(),
        )

    def _values(self, sample: Any) -> torch.Tensor:
        """What classes, targets or boxes are chosen by."""
        if self.task == 'classification':
            return sample.pred_score
        if self.task == 'detection':
            return sample.pred_instances.bboxes
        return sample.seg_logits.data
