"""Classification on an InfMAE backbone, and what its features are worth."""

from ..compatibility import require
from ..quiet import import_quietly

require('mmpretrain')
import_quietly('mmpretrain.datasets')

from .dataset import ClassFolders
from .features import embed, pooled, read_features, write_features
from .inferencer import ThermalClassificationInferencer
from .metric import KNNAccuracy
from .probes import knn_accuracy, linear_probe
from .visualizer import ClassVisualizer

__all__ = [
    'ClassFolders',
    'ClassVisualizer',
    'KNNAccuracy',
    'ThermalClassificationInferencer',
    'embed',
    'knn_accuracy',
    'linear_probe',
    'pooled',
    'read_features',
    'write_features',
]
