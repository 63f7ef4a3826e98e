# A comparison of starts and networks at the size of a CPU.
_base_ = [
    '../_base_/models/small_target_infmae-base.py',
    '../_base_/datasets/sirst_128x128.py',
    '../_base_/schedules/small_target_1200.py',
]

model = dict(
    data_preprocessor=dict(size=(128, 128)),
    backbone=dict(
        arch='tiny',
        init_cfg=dict(checkpoint='infmae_mm://tiny-thermal'),
    ),
    decode_head=dict(in_channels=(3, 32, 48, 64, 64), channels=32),
)
# The blocks that are pre-trained learn at 1e-3, as in the paper.
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.2)))
)
