"""Classification of thermal images from Python."""

import os
from collections.abc import Iterator, Sequence

import numpy as np
from mmengine.config import Config
from mmengine.dataset import default_collate
from mmpretrain.apis import ImageClassificationInferencer
from torch import nn

from ..checkpoint import load_complete, read_checkpoint
from ..thermal.inferencer import ThermalInferencerMixin


class ThermalClassificationInferencer(
    ThermalInferencerMixin, ImageClassificationInferencer
):
    """mmpretrain's inferencer, for thermal images of any depth.

    Args:
        model (str | Config | nn.Module): A config, or a built model.
        pretrained (bool | str): The checkpoint; True means ``load_from`` of
            the config. All weights of the model must be in it. Defaults to
            True.
        **kwargs: Upstream's options.

    Raises:
        CheckpointError: If the file cannot be read, or does not fit.
    """

    def __init__(
        self,
        model: str | os.PathLike | Config | nn.Module,
        pretrained: bool | str = True,
        **kwargs,
    ) -> None:
        if isinstance(model, (str, os.PathLike)) and os.path.isfile(model):
            model = Config.fromfile(model)
        if pretrained is True and isinstance(model, Config):
            pretrained = model.get('load_from') or True
        super().__init__(model, pretrained is True, **kwargs)
        if isinstance(pretrained, str):
            checkpoint = read_checkpoint(pretrained)
            load_complete(self.model, pretrained, checkpoint)
            meta = checkpoint.get('meta') or {}
            classes = (meta.get('dataset_meta') or {}).get('classes')
            if kwargs.get('classes') is None and classes is not None:
                self.classes = classes

    def preprocess(
        self, inputs: Sequence[str | np.ndarray], batch_size: int = 1
    ) -> Iterator[dict]:
        """Leave the reading to the pipeline: upstream's is of 8 bits.

        Args:
            inputs (Sequence[str | np.ndarray]): Images.
            batch_size (int): Images a batch. Defaults to 1.

        Yields:
            dict: ``inputs`` and ``data_samples`` of a batch.
        """
        samples = map(self.pipeline, inputs)
        yield from map(
            default_collate, self._get_chunk_data(samples, batch_size)
        )
