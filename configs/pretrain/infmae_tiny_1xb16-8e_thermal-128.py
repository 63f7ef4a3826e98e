# How 'tiny-thermal' of infmae_mm/weights/ was made.
_base_ = 'infmae_mini_1xb16-15e_thermal-128.py'

model = dict(
    backbone=dict(arch='tiny'),
    neck=dict(embed_dims=64),
)

train_cfg = dict(max_epochs=8)
_base_.param_scheduler[1].end = 8
