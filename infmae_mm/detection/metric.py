"""The measures of table 2 of the paper."""

import os.path as osp
from collections.abc import Sequence
from tempfile import TemporaryDirectory

from mmdet.datasets.api_wrappers import COCOeval
from mmdet.evaluation import CocoMetric
from mmdet.registry import METRICS
from mmengine.fileio import dump, load

from ..annotations.coco import read_checked
from ..annotations.error import AnnotationError


@METRICS.register_module()
class ClasswiseCocoMetric(CocoMetric):
    """COCO's measures and the AP50 of each class.

    mmdet prints the AP50 of each class with ``classwise=True``, but does not
    return it: neither the scalars nor a JSON file of a run has it. Here it is
    ``coco/AP50_<class>``, in [0, 1]; -1 for a class without a box.

    The arguments are those of :class:`mmdet.evaluation.CocoMetric`.

    Args:
        ann_file (str, optional): Annotations to measure against, in place of
            those of the dataset. They are checked in the same way, and have
            its classes in its order.
        backend_args (dict, optional): Arguments of its file backend.

    Raises:
        AnnotationError: If something in ``ann_file`` is wrong, or its classes
            are not those of the dataset.
    """

    _names: Sequence[str] | None = None  # of the classes in ann_file

    def __init__(
        self,
        ann_file: str | None = None,
        backend_args: dict | None = None,
        **kwargs,
    ) -> None:
        if ann_file is None:
            super().__init__(backend_args=backend_args, **kwargs)
            return
        coco, _ = read_checked(ann_file, backend_args)
        self._ann_file = ann_file
        self._names = [category['name'] for category in coco['categories']]
        with TemporaryDirectory() as folder:
            path = osp.join(folder, 'annotations.json')
            dump(coco, path)
            super().__init__(ann_file=path, **kwargs)

    @property
    def dataset_meta(self) -> dict | None:
        """What the dataset says of itself, its classes too."""
        return self._dataset_meta

    @dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        if self._names is not None:
            # mmdet takes classes in the order of the file: in another order
            # they would be measured against each other
            classes = list(dataset_meta['classes'])
            if classes != [name for name in self._names if name in classes]:
                raise AnnotationError(
                    f'{self._ann_file} (ann_file of the metric) has the '
                    f'classes {self._names}, the dataset has {classes}: they '
                    'have to be there, in this order.'
                )
        self._dataset_meta = dataset_meta

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Compute all measures of the collected results."""
        metrics = super().compute_metrics(results)
        if not metrics or 'bbox' not in self.metrics:
            return metrics  # no detection at all: mmdet has said so
        with TemporaryDirectory() as folder:
            files = self.results2json(
                [prediction for _, prediction in results],
                osp.join(folder, 'results'),
            )
            detections = self._coco_api.loadRes(load(files['bbox']))
        evaluation = COCOeval(self._coco_api, detections, 'bbox')
        evaluation.params.catIds = self.cat_ids
        evaluation.params.imgIds = self.img_ids
        evaluation.params.maxDets = self.proposal_nums
        evaluation.params.iouThrs = [0.5]
        evaluation.evaluate()
        evaluation.accumulate()
        # (IoU, recall, class, area, detections), -1 where there is no box
        precision = evaluation.eval['precision'][0, :, :, 0, -1]
        classes = self.dataset_meta['classes']
        for name, values in zip(classes, precision.T, strict=True):
            metrics[f'AP50_{name}'] = round(float(values.mean()), 3)
        return metrics
