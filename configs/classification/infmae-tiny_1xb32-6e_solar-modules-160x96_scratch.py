# From random weights: what the start is worth.
_base_ = 'infmae-tiny_1xb32-6e_solar-modules-160x96.py'

model = dict(backbone=dict(init_cfg=dict(checkpoint=None)))
