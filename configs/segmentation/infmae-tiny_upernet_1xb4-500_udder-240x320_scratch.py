# The same from scratch.
_base_ = 'infmae-tiny_upernet_1xb4-500_udder-240x320.py'
model = dict(backbone=dict(init_cfg=dict(checkpoint=None)))
