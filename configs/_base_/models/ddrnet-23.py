# DDRNet-23, as mmseg has it, on our images and classes. Its class weights are
# those of the 19 classes of Cityscapes, and left out.
_base_ = 'upernet_infmae-base.py'

hard_pixels = dict(type='OhemCrossEntropy', thres=0.9, min_kept=131_072)
model = dict(
    backbone=dict(
        _delete_=True,
        type='DDRNet',
        channels=64,
        ppm_channels=128,
        norm_cfg=_base_.norm_cfg,
        # Trained on ImageNet; OpenMMLab's server has the weights.
        init_cfg=dict(
            type='Pretrained',
            checkpoint='https://download.openmmlab.com/mmsegmentation/v0.5/'
            'ddrnet/pretrain/ddrnet23-in1kpre_3rdparty-9ca29f62.pth',
        ),
    ),
    decode_head=dict(
        _delete_=True,
        type='DDRHead',
        in_channels=256,
        channels=128,
        num_classes=9,
        norm_cfg=_base_.norm_cfg,
        align_corners=False,
        loss_decode=[
            dict(hard_pixels, loss_weight=1.0),
            dict(hard_pixels, loss_weight=0.4),
        ],
    ),
    auxiliary_head=None,
)
