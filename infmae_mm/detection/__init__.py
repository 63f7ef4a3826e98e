"""Infrared object detection with mmdet."""

from ..compatibility import require
from ..quiet import import_quietly

require('mmdet')
import_quietly('mmdet.datasets', 'mmdet.evaluation')

from .dataset import InfraredCocoDataset, M3FDDataset
from .inferencer import ThermalDetInferencer
from .metric import ClasswiseCocoMetric

__all__ = [
    'ClasswiseCocoMetric',
    'InfraredCocoDataset',
    'M3FDDataset',
    'ThermalDetInferencer',
]
