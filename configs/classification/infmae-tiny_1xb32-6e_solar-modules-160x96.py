# As infmae-mini_*, with the smaller network.
_base_ = 'infmae-mini_1xb32-6e_solar-modules-160x96.py'

checkpoint = 'infmae_mm://tiny-thermal'

model = dict(
    backbone=dict(arch='tiny', init_cfg=dict(checkpoint=checkpoint)),
    neck=[
        dict(type='GlobalAveragePooling'),
        dict(type='ClsBatchNormNeck', input_features=64),
    ],
    head=dict(in_channels=64),
)
