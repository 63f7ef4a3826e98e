"""Nearest neighbours while pre-training goes on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmpretrain.registry import METRICS

from .probes import check_neighbors, knn_accuracy


@METRICS.register_module()
class KNNAccuracy(BaseMetric):
    """Is it learning something? Nearest neighbours of the same class.

    For a validation set that lies in a folder for each class: an image votes
    with its nearest neighbours in that set. The features come from
    ``InfMAEPretrainer(features=True)``. ``knn_chance`` is the share of the
    largest class.

    Args:
        neighbors (int): Votes. Defaults to 20.
        collect_device (str): See ``BaseMetric``.
        prefix (str, optional): See ``BaseMetric``.
        collect_dir (str, optional): See ``BaseMetric``.
    """

    default_prefix = 'val'

    def __init__(
        self,
        neighbors: int = 20,
        collect_device: str = 'cpu',
        prefix: str | None = None,
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(collect_device, prefix, collect_dir)
        self.neighbors = neighbors

    def check_dataset(self, dataset: Any) -> None:
        """Refuse a set that cannot be voted on, before the training.

        Args:
            dataset (Any): What is validated on, with ``get_data_info``.

        Raises:
            ValueError: See :meth:`compute_metrics`.
        """
        folders = {
            _folder_of(dataset.get_data_info(i)) for i in range(len(dataset))
        }
        _check_folders(sorted(folders))
        check_neighbors(len(dataset) - 1, self.neighbors)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Collect features and folders.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): With ``features`` (Tensor, (C,))
                and ``img_path``.

        Raises:
            ValueError: If the model gives no features.
        """
        for sample in data_samples:
            if 'features' not in sample:
                raise ValueError(
                    'KNNAccuracy needs features of the validation images: '
                    'set model.features=True.'
                )
            features = sample['features'].cpu().numpy()
            self.results.append((features, _folder_of(sample)))

    def compute_metrics(self, results: list[tuple]) -> dict[str, float]:
        """Vote.

        Returns:
            dict[str, float]: ``knn_accuracy`` and ``knn_chance``, per cent.

        Raises:
            ValueError: If all images lie in one folder, or there are too few
                for the votes.
        """
        vectors, labels = zip(*results, strict=True)
        names, counts = np.unique(labels, return_counts=True)
        _check_folders(names.tolist())
        return dict(
            knn_accuracy=knn_accuracy(
                np.stack(vectors),
                np.asarray(labels),
                neighbors=self.neighbors,
            ),
            knn_chance=100 * float(counts.max() / counts.sum()),
        )


def _folder_of(sample: dict) -> str:
    return Path(sample['img_path']).parent.name


def _check_folders(names: Sequence[str]) -> None:
    if len(names) < 2:
        raise ValueError(
            f'All validation images lie in one folder, {names[0]!r}: '
            'KNNAccuracy needs a folder for each class.'
        )
