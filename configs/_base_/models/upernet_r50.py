# UperNet with ResNet-50, as mmseg has it, on our images and classes.
_base_ = 'upernet_infmae-base.py'

model = dict(
    # Trained on ImageNet; OpenMMLab's server has the weights.
    backbone=dict(
        _delete_=True,
        type='ResNetV1c',
        depth=50,
        norm_cfg=_base_.norm_cfg,
        contract_dilation=True,
        init_cfg=dict(
            type='Pretrained', checkpoint='open-mmlab://resnet50_v1c'
        ),
    ),
    decode_head=dict(in_channels=[256, 512, 1024, 2048]),
    auxiliary_head=dict(in_channels=1024),
)
