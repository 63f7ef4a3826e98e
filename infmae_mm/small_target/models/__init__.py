"""Models for infrared small targets, as decode heads and backbones of mmseg.

Importing it also registers the sets and the metric, which are in the package
above and do not need mmseg.
"""

from ...compatibility import require

require('mmseg')

__all__ = []
