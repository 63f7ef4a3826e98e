"""Infrared images: reading, transforms, a dataset, a scene generator.

Importing it registers the transforms and the dataset in MMEngine's root
registries. It needs MMEngine and MMCV only.
"""

from .dataset import InfraredImages
from .reading import InfraredFile, UnreadableImageError, read_image, to_uint8
from .transforms import (
    LoadInfraredImage,
    LoadRandomResizedCrop,
    PackInfrared,
    ResizeCenterCrop,
)

__all__ = [
    'InfraredFile',
    'InfraredImages',
    'LoadInfraredImage',
    'LoadRandomResizedCrop',
    'PackInfrared',
    'ResizeCenterCrop',
    'UnreadableImageError',
    'read_image',
    'to_uint8',
]
