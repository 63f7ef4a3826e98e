"""InfMAE: masked-autoencoder pre-training for infrared images.

Importing this package registers the backbone and the masking strategies
in MMEngine's root registries. It imports none of mmseg, mmdet and mmpretrain.
"""

from .version import __version__

__all__ = ['__version__']
