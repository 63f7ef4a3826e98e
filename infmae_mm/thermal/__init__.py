"""Infrared images: reading, mapping, transforms, a dataset, rendered scenes.

Importing it registers the transforms and the dataset in MMEngine's root
registries. It needs MMEngine and MMCV only.
"""

from .dataset import InfraredImages
from .jitter import ThermalJitter
from .loading import LoadThermalImage
from .mapping import build_mapping
from .reading import InfraredFile, UnreadableImageError, read_image
from .transforms import LoadRandomResizedCrop, PackInfrared, ResizeCenterCrop

__all__ = [
    'InfraredFile',
    'InfraredImages',
    'LoadRandomResizedCrop',
    'LoadThermalImage',
    'PackInfrared',
    'ResizeCenterCrop',
    'ThermalJitter',
    'UnreadableImageError',
    'build_mapping',
    'read_image',
]
