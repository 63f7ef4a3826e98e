"""How well masked patches are reconstructed."""

from collections.abc import Sequence
from typing import Any

from mmengine.evaluator import BaseMetric
from mmpretrain.registry import METRICS


@METRICS.register_module()
class ReconstructionMetric(BaseMetric):
    """Means over the images of the reconstruction losses.

    ``loss`` is the loss of training on held-out images. ``patch_mean_loss``
    is that of predicting the mean of each masked patch: a model that is not
    well under it has not learnt what patches look like inside.
    """

    default_prefix = 'val'

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Collect the losses of a batch.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): What
                :meth:`InfMAEPretrainer.predict` returns, as dicts.
        """
        self.results.extend(
            (sample['loss'], sample['patch_mean_loss'])
            for sample in data_samples
        )

    def compute_metrics(self, results: list[tuple]) -> dict[str, float]:
        """Average over all images.

        Args:
            results (list[tuple]): A pair of losses per image.

        Returns:
            dict[str, float]: ``loss`` and ``patch_mean_loss``.
        """
        total, total_mean = (sum(x) for x in zip(*results, strict=True))
        n = len(results)
        return dict(loss=total / n, patch_mean_loss=total_mean / n)
