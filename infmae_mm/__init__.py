"""InfMAE: masked-autoencoder pre-training for infrared images.

Importing this package registers the backbone and the masking strategies
in MMEngine's root registries. It imports none of mmseg, mmdet and mmpretrain.
"""

from .compatibility import require
from .quiet import import_quietly
from .version import __version__

require('torch', 'mmengine', 'mmcv')
# version 0.10.7 takes what torch calls deprecated
import_quietly('mmengine.model')

# below the check, whose errors say what to install
from .backbone import InfMAE
from .configs import find_config
from .masking import InformationAwareMasking, RandomMasking

__all__ = [
    'InfMAE',
    'InformationAwareMasking',
    'RandomMasking',
    '__version__',
    'find_config',
]
