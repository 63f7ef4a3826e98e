"""Models for infrared small targets, as decode heads and backbones of mmseg.

Importing it also registers the sets and the metric, which are in the package
above and do not need mmseg.
"""

from ...compatibility import require

require('mmseg')

from ...registry import old_names
from .acm import ACM
from .dnanet import DNANet
from .head import SmallTargetHead
from .losses import SLSLoss, TargetSoftIoULoss
from .lpnet import LPNetGA, LPNetGAHead
from .mshnet import MSHNet, MSHNetHead
from .segmentor import AgreeingEncoderDecoder, SmallTargetSegmentor
from .transunet import TransUNet

__all__ = [
    'ACM',
    'AgreeingEncoderDecoder',
    'DNANet',
    'LPNetGA',
    'LPNetGAHead',
    'MSHNet',
    'MSHNetHead',
    'SLSLoss',
    'SmallTargetHead',
    'SmallTargetSegmentor',
    'TargetSoftIoULoss',
    'TransUNet',
]

__getattr__ = old_names(__name__, {'SoftIoULoss': 'TargetSoftIoULoss'})
