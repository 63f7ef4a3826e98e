# DNLNet with ResNet-101, as mmseg has it, on our images and classes.
_base_ = 'deeplabv3plus_r50-d8.py'

model = dict(
    backbone=dict(
        depth=101, init_cfg=dict(checkpoint='open-mmlab://resnet101_v1c')
    ),
    decode_head=dict(
        _delete_=True,
        type='DNLHead',
        in_channels=2048,
        in_index=3,
        channels=512,
        dropout_ratio=0.1,
        reduction=2,
        use_scale=True,
        mode='embedded_gaussian',
        num_classes=9,
        norm_cfg=_base_.norm_cfg,
        align_corners=False,
        loss_decode=dict(_base_.loss, loss_weight=1.0),
    ),
)
