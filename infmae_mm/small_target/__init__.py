"""Infrared small targets: sets, measures, pictures, and models.

The measures need numpy and scipy, the sets and the rest MMEngine and MMCV:
they serve networks of any framework. The models need mmseg and live in
:mod:`.models`, which is imported when one is asked for by its name here.
A config registers all of it with
``custom_imports = dict(imports=['infmae_mm.small_target.models'])``.
"""

from .datasets import (
    IRSTD1kDataset,
    NUDTSIRSTDataset,
    SIRSTDataset,
    SmallTargetDataset,
)
from .measures import SmallTargetMeasures, small_target_measures
from .metric import SmallTargetMetric
from .transforms import LoadTargetMask
from .visualizer import SmallTargetVisualizer

__all__ = [
    'IRSTD1kDataset',
    'LoadTargetMask',
    'NUDTSIRSTDataset',
    'SIRSTDataset',
    'SmallTargetDataset',
    'SmallTargetMeasures',
    'SmallTargetMetric',
    'SmallTargetVisualizer',
    'small_target_measures',
]

_MODELS = (
    'ACM',
    'AgreeingEncoderDecoder',
    'DNANet',
    'LPNetGA',
    'LPNetGAHead',
    'MSHNet',
    'MSHNetHead',
    'SLSLoss',
    'SmallTargetHead',
    'SmallTargetSegmentor',
    'TargetSoftIoULoss',
    'TransUNet',
)


def __getattr__(name: str) -> type:
    if name in _MODELS:
        from . import models

        return getattr(models, name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
