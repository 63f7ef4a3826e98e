# MSHNet (Liu et al., CVPR 2024) with its loss. Its five epochs with the finest
# output alone are counted in iterations: here those of IRSTD-1k.
_base_ = 'small_target_infmae-base.py'

model = dict(
    _delete_=True,
    type='AgreeingEncoderDecoder',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=dict(type='MSHNet'),
    decode_head=dict(
        type='MSHNetHead',
        in_channels=(16, 32, 64, 128),
        warm_up=2000,
        loss_decode=dict(type='SLSLoss'),
    ),
    train_cfg=dict(),
    test_cfg=dict(mode='whole', flips=False),
)
