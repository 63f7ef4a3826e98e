"""The measures of small-target detection in an MMEngine evaluation."""

import logging
from collections.abc import Sequence
from typing import Any

from mmengine.dist import get_dist_info
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmengine.registry import METRICS

from .measures import SmallTargetMeasures
from .report import THRESHOLDS, table, write_report
from .samples import sample_name, target_mask, target_probability


@METRICS.register_module()
class SmallTargetMetric(BaseMetric):
    """Pd, Fa, IoU, nIoU, F1, precision, recall and AUC of small targets.

    Definitions: ``docs/small_target.md``; code: :mod:`.measures`. Logged are
    the fractions of :func:`.small_target_measures`, ``hIoU``, and ``Fa_ppm``,
    which is Fa x 10^6, as papers quote it. Whatever the size of the set, a
    process holds some megabytes; the set can be spread over several processes,
    and the images that the sampler repeats to serve all of them equally are
    counted once.

    Args:
        out_dir (str, optional): Folder for results: of each image
            (``images.csv``), what was missed (``misses.csv``), the errors
            of hIoU and the other matchings (``target_level.csv``), the ROC
            and Pd against Fa over thresholds, each as CSV and PNG. Files of
            an earlier evaluation are replaced. Its curves take some 20 times
            the time of the measures alone.
        collect_device (str): See ``BaseMetric``.
        prefix (str, optional): See ``BaseMetric``.
        collect_dir (str, optional): See ``BaseMetric``.
    """

    default_prefix = ''  # none, as mmseg's own metrics

    def __init__(
        self,
        out_dir: str | None = None,
        collect_device: str = 'cpu',
        prefix: str | None = None,
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(collect_device, prefix, collect_dir)
        self.out_dir = out_dir
        self._reset()

    def _reset(self) -> None:
        self._measures = SmallTargetMeasures(
            thresholds=THRESHOLDS if self.out_dir else (),
            keep_images=bool(self.out_dir),
        )
        # the last image may be a repeated one: it waits for the verdict
        self._last: tuple | None = None

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Take a batch.

        Args:
            data_batch (Any): With ``inputs``, images ``(C, H, W)`` at native
                size: for the contrast of targets in the report. Without
                them, it is not told.
            data_samples (Sequence[dict]): Results of the model; see
                :func:`target_probability` and :func:`target_mask`.

        Raises:
            ValueError: If a result is not as it must be, naming the image.
        """
        inputs = data_batch.get('inputs') if data_batch else None
        for i, sample in enumerate(data_samples):
            self._take_last()
            mask = target_mask(sample)
            grey = None
            if inputs is not None and inputs[i].shape[1:] == mask.shape:
                grey = inputs[i].float().mean(0).cpu().numpy()
            self._last = (
                target_probability(sample),
                mask,
                sample_name(sample),
                grey,
            )

    def _take_last(self) -> None:
        if self._last is not None:
            self._measures.update(*self._last)
        self._last = None

    def evaluate(self, size: int) -> dict[str, float]:
        """Measure the whole set, over all processes.

        MMEngine's sampler deals the images to the processes in turn, and
        goes on with the first ones until all have the same number: at most
        one each. So the position of an image in the set follows from when
        it came, and those beyond the set are repeated ones.

        Args:
            size (int): Number of images of the set.

        Returns:
            dict[str, float]: Values by name, with the prefix.

        Raises:
            RuntimeError: If images came in another order than that.
        """
        rank, world_size = get_dist_info()
        position = self._measures.num_images * world_size + rank
        if world_size == 1 or position < size:
            self._take_last()
        if self._measures.num_images > len(range(rank, size, world_size)):
            raise RuntimeError(
                f'Process {rank} of {world_size} was given '
                f'{self._measures.num_images} images of a set of {size}, '
                'which is more than its share: the dataloader needs '
                "sampler=dict(type='DefaultSampler', shuffle=False)."
            )
        # one result per process in place of one per image
        self.results = [self._measures]
        values = super().evaluate(world_size)
        self._reset()
        return values

    def compute_metrics(
        self, results: list[SmallTargetMeasures]
    ) -> dict[str, float]:
        """Bring together what the processes counted.

        Args:
            results (list[SmallTargetMeasures]): One of each process.

        Returns:
            dict[str, float]: Values by name.
        """
        measures, *others = results
        for other in others:
            measures.merge(other)
        values = measures.compute()
        hiou = measures.target_level()['hIoU']
        print_log('\n' + table(measures), 'current')
        if reason := measures.reason_of_zero():
            print_log(reason, 'current', logging.WARNING)
        if self.out_dir:
            write_report(measures, self.out_dir)
            print_log(f'Results and curves are in {self.out_dir}.', 'current')
        return dict(**values, hIoU=hiou, Fa_ppm=values['Fa'] * 1e6)
