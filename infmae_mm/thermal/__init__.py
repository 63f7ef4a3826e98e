"""Infrared images: reading, mapping, transforms, a dataset, inferencers.

Importing it registers the transforms, the dataset and the hook in MMEngine's
root registries. It needs MMEngine and MMCV only.
"""

from .dataset import InfraredImages
from .inferencer import ThermalInferencerMixin
from .jitter import ThermalJitter
from .loading import LoadThermalImage
from .mapping import build_mapping
from .reading import InfraredFile, UnreadableImageError, read_image
from .transforms import LoadRandomResizedCrop, PackInfrared, ResizeCenterCrop
from .visualization_hook import ThermalVisualizationHook

__all__ = [
    'InfraredFile',
    'InfraredImages',
    'LoadRandomResizedCrop',
    'LoadThermalImage',
    'PackInfrared',
    'ResizeCenterCrop',
    'ThermalInferencerMixin',
    'ThermalJitter',
    'ThermalVisualizationHook',
    'UnreadableImageError',
    'build_mapping',
    'read_image',
]
