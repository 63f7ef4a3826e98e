"""Infrared object detection with mmdet."""

from ..compatibility import require

require('mmdet')

from .dataset import InfraredCocoDataset, M3FDDataset
from .inferencer import ThermalDetInferencer
from .metric import ClasswiseCocoMetric

__all__ = [
    'ClasswiseCocoMetric',
    'InfraredCocoDataset',
    'M3FDDataset',
    'ThermalDetInferencer',
]
