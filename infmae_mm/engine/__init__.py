"""Training that a user can leave alone: needs MMEngine only."""

from .checkpoints import (
    AtomicBackend,
    AtomicCheckpointHook,
    latest_resumable,
    read_resumable,
)
from .class_check import ClassCountHook
from .hooks import FiniteLossHook, LoadedWeightsHook, UnreadableImagesHook
from .layer_decay import LayerDecayOptimWrapperConstructor
from .optim import BFloat16OptimWrapper

__all__ = [
    'AtomicBackend',
    'AtomicCheckpointHook',
    'BFloat16OptimWrapper',
    'ClassCountHook',
    'FiniteLossHook',
    'LayerDecayOptimWrapperConstructor',
    'LoadedWeightsHook',
    'UnreadableImagesHook',
    'latest_resumable',
    'read_resumable',
]
