"""Training that a user can leave alone: needs MMEngine only."""

from .checkpoints import AtomicBackend, AtomicCheckpointHook
from .class_check import ClassCountHook
from .hooks import FiniteLossHook, LoadedWeightsHook, UnreadableImagesHook
from .layer_decay import LayerDecayOptimWrapperConstructor
from .loggers import PatientLocalVisBackend, PatientTensorboardVisBackend
from .optim import BFloat16OptimWrapper
from .run_folder import latest_resumable, read_resumable

__all__ = [
    'AtomicBackend',
    'AtomicCheckpointHook',
    'BFloat16OptimWrapper',
    'ClassCountHook',
    'FiniteLossHook',
    'LayerDecayOptimWrapperConstructor',
    'LoadedWeightsHook',
    'PatientLocalVisBackend',
    'PatientTensorboardVisBackend',
    'UnreadableImagesHook',
    'latest_resumable',
    'read_resumable',
]
