"""Training that a user can leave alone: needs MMEngine and MMCV only."""

from .backbone_fit import (
    BackboneFitError,
    BackboneFitHook,
    check_backbone_fit,
)
from .checkpoints import AtomicBackend, AtomicCheckpointHook
from .class_check import ClassCountHook
from .hooks import (
    FiniteLossHook,
    LoadedWeightsHook,
    PromptLoggerHook,
    UnreadableImagesHook,
)
from .layer_decay import LayerDecayOptimWrapperConstructor
from .loggers import PatientLocalVisBackend, PatientTensorboardVisBackend
from .loops import SeamlessEpochLoop
from .optim import BFloat16OptimWrapper
from .run_folder import latest_resumable, read_resumable

__all__ = [
    'AtomicBackend',
    'AtomicCheckpointHook',
    'BFloat16OptimWrapper',
    'BackboneFitError',
    'BackboneFitHook',
    'ClassCountHook',
    'FiniteLossHook',
    'LayerDecayOptimWrapperConstructor',
    'LoadedWeightsHook',
    'PatientLocalVisBackend',
    'PatientTensorboardVisBackend',
    'PromptLoggerHook',
    'SeamlessEpochLoop',
    'UnreadableImagesHook',
    'check_backbone_fit',
    'latest_resumable',
    'read_resumable',
]
