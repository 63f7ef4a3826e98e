# As infmae-tiny_*, with the larger of the two starts that ship.
_base_ = 'mask-rcnn_infmae-tiny_fpn_1xb8-600_hit-uav-320x256.py'

model = dict(
    backbone=dict(
        arch='mini', init_cfg=dict(checkpoint='infmae_mm://mini-thermal')
    ),
    neck=dict(in_channels=[48, 96, 192, 192]),
)
