"""Semantic segmentation of infrared images (paper section 5.2).

Needs mmseg. Importing it registers the datasets, the loading of labels and
the visualizer in mmseg's registries.
"""

from ..compatibility import require

require('mmseg')

from .dataset import InfraredSegDataset
from .inferencer import ThermalSegInferencer
from .labels import LoadLabels
from .msrs import MSRSDataset
from .visualizer import InfraredSegVisualizer

__all__ = [
    'InfraredSegDataset',
    'InfraredSegVisualizer',
    'LoadLabels',
    'MSRSDataset',
    'ThermalSegInferencer',
]
