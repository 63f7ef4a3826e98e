"""Self-supervised pre-training of InfMAE with mmpretrain."""

from ..compatibility import require
from ..registry import old_names

require('mmpretrain')

from .data_preprocessor import InfraredDataPreprocessor
from .decoder import InfMAEPretrainDecoder
from .encoder import InfMAEPretrainEncoder
from .head import InfMAEPretrainHead
from .metric import ReconstructionMetric
from .pretrainer import InfMAEPretrainer, Reconstruction
from .viewer_hook import ReconstructionViewHook

__all__ = [
    'InfMAEPretrainDecoder',
    'InfMAEPretrainEncoder',
    'InfMAEPretrainHead',
    'InfMAEPretrainer',
    'InfraredDataPreprocessor',
    'Reconstruction',
    'ReconstructionMetric',
    'ReconstructionViewHook',
]

__getattr__ = old_names(
    __name__,
    {
        'ThermalClassificationInferencer': (
            'infmae_mm.classification.ThermalClassificationInferencer'
        )
    },
)
