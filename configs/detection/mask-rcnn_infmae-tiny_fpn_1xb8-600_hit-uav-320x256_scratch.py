# The same from scratch.
_base_ = 'mask-rcnn_infmae-tiny_fpn_1xb8-600_hit-uav-320x256.py'
model = dict(backbone=dict(init_cfg=dict(checkpoint=None)))
