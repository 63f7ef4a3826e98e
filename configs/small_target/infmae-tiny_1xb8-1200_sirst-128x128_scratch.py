_base_ = 'infmae-tiny_1xb8-1200_sirst-128x128.py'

model = dict(backbone=dict(init_cfg=dict(checkpoint=None)))
