"""Training that a user can leave alone: needs MMEngine only."""

from .backbone_fit import (
    BackboneFitError,
    BackboneFitHook,
    check_backbone_fit,
)
from .checkpoints import (
    AtomicBackend,
    AtomicCheckpointHook,
    latest_resumable,
    read_resumable,
)
from .hooks import FiniteLossHook, LoadedWeightsHook, UnreadableImagesHook
from .layer_decay import LayerDecayOptimWrapperConstructor
from .optim import BFloat16OptimWrapper

__all__ = [
    'AtomicBackend',
    'AtomicCheckpointHook',
    'BFloat16OptimWrapper',
    'BackboneFitError',
    'BackboneFitHook',
    'FiniteLossHook',
    'LayerDecayOptimWrapperConstructor',
    'LoadedWeightsHook',
    'UnreadableImagesHook',
    'check_backbone_fit',
    'latest_resumable',
    'read_resumable',
]
