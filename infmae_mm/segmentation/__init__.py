"""Semantic segmentation of infrared images (paper section 5.2).

Needs mmseg. Importing it registers the datasets, the loading of labels, the
metric and the visualizer in mmseg's registries.
"""

from ..compatibility import require
from ..quiet import import_quietly

require('mmseg')
import_quietly('mmseg.datasets')

from ..registry import old_names
from .dataset import InfraredSegDataset
from .inferencer import ThermalSegInferencer
from .labels import LoadInfraredLabels
from .metric import ClasswiseIoUMetric
from .msrs import MSRSDataset
from .visualizer import InfraredSegVisualizer

__all__ = [
    'ClasswiseIoUMetric',
    'InfraredSegDataset',
    'InfraredSegVisualizer',
    'LoadInfraredLabels',
    'MSRSDataset',
    'ThermalSegInferencer',
]

__getattr__ = old_names(__name__, {'LoadLabels': 'LoadInfraredLabels'})
