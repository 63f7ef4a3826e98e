"""The measures of table 1 of the paper."""

from mmseg.evaluation import IoUMetric
from mmseg.registry import METRICS


@METRICS.register_module()
class ClasswiseIoUMetric(IoUMetric):
    """mmseg's measures and the IoU of each class.

    mmseg prints the IoU of each class, but does not return it: neither the
    scalars nor a JSON file of a run has it. Here it is ``IoU_<class>``, in
    [0, 100]; NaN for a class that neither the labels nor the predictions hold.

    The arguments are those of :class:`mmseg.evaluation.IoUMetric`.
    """

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Compute all measures of the collected results.

        Args:
            results (list): Of each image four tensors ``(num_classes,)``, in
                pixels: intersection, union, predicted and labelled area.

        Returns:
            dict[str, float]: Measures by name, in [0, 100] or NaN.
        """
        metrics = super().compute_metrics(results)
        if not metrics:
            return metrics  # predictions are only written
        intersect, union, *_ = (
            sum(areas) for areas in zip(*results, strict=True)
        )
        for name, iou in zip(
            self.dataset_meta['classes'], intersect / union, strict=True
        ):
            metrics[f'IoU_{name}'] = round(100 * float(iou), 2)
        return metrics
