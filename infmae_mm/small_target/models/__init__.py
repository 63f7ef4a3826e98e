"""Models for infrared small targets, as decode heads and backbones of mmseg.

Importing it also registers the sets and the metric, which are in the package
above and do not need mmseg.
"""

from ...compatibility import require

require('mmseg')

from .dnanet import DNANet
from .head import SmallTargetHead
from .losses import SoftIoULoss
from .segmentor import SmallTargetSegmentor

__all__ = ['DNANet', 'SmallTargetHead', 'SmallTargetSegmentor', 'SoftIoULoss']
