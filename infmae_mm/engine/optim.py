"""Mixed precision in bfloat16."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn as nn
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS
from mmengine.runner import autocast


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """Run the forward pass under bfloat16 autocast, on a GPU or a CPU.

    bfloat16 has the exponent range of float32, so that there is no loss to
    scale: ``AmpOptimWrapper`` scales it whatever the type, and needs a GPU.
    The parameters and the optimizer state stay in float32.

    The arguments are those of :class:`mmengine.optim.OptimWrapper`.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Enter autocast, and ``no_sync`` while gradients accumulate.

        Args:
            model (nn.Module): The model in training.

        Raises:
            RuntimeError: If the GPU has no bfloat16.
        """
        with super().optim_context(model), autocast(dtype=torch.bfloat16):
            yield
