"""What a run costs, noted in its checkpoints."""

import resource
import time
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

SECONDS = 'compare_train_seconds'
MEMORY = 'compare_peak_memory'


def peak_memory() -> int:
    """Bytes: of a GPU as torch allocated them, else of the process."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@HOOKS.register_module()
class CostHook(Hook):
    """Counts the seconds of training and the peak of the memory.

    Validation does not count. Both lie in the message hub, which checkpoints
    hold, so that a run that is resumed goes on counting.
    """

    def before_train(self, runner: Runner) -> None:
        """Start the clock."""
        self._since: float | None = None

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Start the clock again after a validation."""
        if self._since is None:
            self._since = time.perf_counter()

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Add up, before a checkpoint is saved."""
        now = time.perf_counter()
        info = runner.message_hub.runtime_info
        total = info.get(SECONDS, 0.0) + now - self._since
        peak = max(info.get(MEMORY, 0), peak_memory())
        runner.message_hub.update_info(SECONDS, total)
        runner.message_hub.update_info(MEMORY, peak)
        self._since = now

    def before_val(self, runner: Runner) -> None:
        """Stop the clock."""
        self._since = None
