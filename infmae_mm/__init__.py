"""InfMAE: masked-autoencoder pre-training for infrared images.

Importing this package registers the backbone and the masking strategies
in MMEngine's root registries. It imports none of mmseg, mmdet and mmpretrain.
"""

from .compatibility import require
from .version import __version__

require('torch', 'mmengine', 'mmcv')

__all__ = ['__version__']
