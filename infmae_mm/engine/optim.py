"""Mixed precision in bfloat16."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
import torch.nn as nn
from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS
from mmengine.runner import autocast
from torch import Tensor


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """Run the forward pass under bfloat16 autocast, on a GPU or a CPU.

    bfloat16 has the exponent range of float32, so that there is no loss to
    scale: ``AmpOptimWrapper`` scales it whatever the type, and needs a GPU.
    The parameters and the optimizer state stay in float32.

    Args:
        modules (Sequence[str], optional): Names of the submodules of the
            model that run in bfloat16 and give float32, such as
            ``('backbone', 'neck')``: MMCV's operators of detectors (RoIAlign,
            NMS) do not take bfloat16. Default: the whole model.
        **kwargs (Any): The arguments of
            :class:`mmengine.optim.OptimWrapper`.
    """

    def __init__(
        self, *, modules: Sequence[str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.modules = modules

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Enter autocast, and ``no_sync`` while gradients accumulate.

        Args:
            model (nn.Module): The model in training.

        Raises:
            AttributeError: If the model has no submodule of such a name.
            RuntimeError: If the GPU has no bfloat16.
        """
        with super().optim_context(model), ExitStack() as stack:
            if self.modules is None:
                stack.enter_context(autocast(dtype=torch.bfloat16))
            else:
                inner = model.module if is_model_wrapper(model) else model
                for name in self.modules:
                    module = inner.get_submodule(name)
                    stack.enter_context(_in_bfloat16(module))
            yield


@contextmanager
def _in_bfloat16(module: nn.Module) -> Iterator[None]:
    entered = ExitStack()

    def enter(module: nn.Module, args: Any) -> None:
        entered.enter_context(autocast(dtype=torch.bfloat16))

    def leave(module: nn.Module, args: Any, output: Any) -> Any:
        entered.close()
        return _to_float32(output)

    handles = (
        module.register_forward_pre_hook(enter),
        # after an error too, or what follows would be in bfloat16
        module.register_forward_hook(leave, always_call=True),
    )
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _to_float32(output: Any) -> Any:
    if isinstance(output, Tensor):
        return output.float() if output.is_floating_point() else output
    if isinstance(output, (tuple, list)):
        return type(output)(_to_float32(item) for item in output)
    return output
