"""A loop whose epochs follow each other without a pause."""

from collections.abc import Iterator
from typing import Any

from mmengine.registry import LOOPS
from mmengine.runner import EpochBasedTrainLoop


@LOOPS.register_module()
class SeamlessEpochLoop(EpochBasedTrainLoop):
    """Load the first batches of the next epoch while one ends.

    MMEngine's loop asks its workers for a new epoch when it begins, and waits
    for the first batch: in a small set, for a second of each thirty. This one
    asks before the last step of the epoch before, so that they load during
    that step, the checkpoint and the validation. Without workers it is
    MMEngine's.

    A hook that changes the dataset at the start of an epoch comes too late
    for these batches: with one, take ``EpochBasedTrainLoop``.

    The arguments are those of :class:`mmengine.runner.EpochBasedTrainLoop`.
    """

    _begun: Iterator[Any] | None = None

    def run_epoch(self) -> None:
        """Iterate one epoch."""
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        batches = self._begun or iter(self.dataloader)
        self._begun = None
        count = len(self.dataloader)
        for index in range(count):
            data_batch = next(batches)
            if index == count - 1 and self._epoch + 1 < self._max_epochs:
                self._begun = self._begin_next(batches)
            self.run_iter(index, data_batch)
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1

    def _begin_next(self, batches: Iterator[Any]) -> Iterator[Any] | None:
        if not self.dataloader.num_workers:
            return None
        next(batches, None)  # ends workers that are not to stay
        # under a batch sampler of its own, too, as mmdet's
        sampler = getattr(self.dataloader.batch_sampler, 'sampler', None)
        if hasattr(sampler, 'set_epoch'):
            # as DistSamplerSeedHook does when the epoch begins
            sampler.set_epoch(self._epoch + 1)
        return iter(self.dataloader)
