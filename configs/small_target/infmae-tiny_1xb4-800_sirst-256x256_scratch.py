_base_ = 'infmae-tiny_1xb4-800_sirst-256x256.py'

model = dict(backbone=dict(init_cfg=None))
