# What runs for small targets have in common.
_base_ = 'segmentation.py'

default_hooks = dict(checkpoint=dict(save_best='IoU'))
visualizer = dict(type='SmallTargetVisualizer')
