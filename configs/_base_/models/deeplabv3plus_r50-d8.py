# DeepLabV3+ with ResNet-50, as mmseg has it, on our images and classes.
_base_ = 'upernet_r50.py'

model = dict(
    backbone=dict(dilations=(1, 1, 2, 4), strides=(1, 2, 1, 1)),
    decode_head=dict(
        _delete_=True,
        type='DepthwiseSeparableASPPHead',
        in_channels=2048,
        in_index=3,
        channels=512,
        dilations=(1, 12, 24, 36),
        c1_in_channels=256,
        c1_channels=48,
        dropout_ratio=0.1,
        num_classes=9,
        norm_cfg=_base_.norm_cfg,
        align_corners=False,
        loss_decode=dict(_base_.loss, loss_weight=1.0),
    ),
)
