"""Classification of thermal images from Python, on a pre-trained backbone."""

from collections.abc import Iterator, Sequence

import numpy as np
from mmengine.dataset import default_collate
from mmpretrain.apis import ImageClassificationInferencer

from ..thermal.inferencer import ThermalInferencerMixin


class ThermalClassificationInferencer(
    ThermalInferencerMixin, ImageClassificationInferencer
):
    """mmpretrain's inferencer, for thermal images of any depth."""

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
