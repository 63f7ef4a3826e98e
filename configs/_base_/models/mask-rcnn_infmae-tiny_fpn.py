# A small detector for small objects, which trains on a CPU: no mask branch,
# a quarter of the channels, anchors of 8 to 128 pixels.
_base_ = 'mask-rcnn_infmae-base_fpn.py'

model = dict(
    data_preprocessor=dict(pad_size_divisor=32),
    backbone=dict(
        arch='tiny',
        window_size=None,
        global_indices=(),
        init_cfg=dict(checkpoint='infmae_mm://tiny-thermal'),
    ),
    neck=dict(in_channels=[32, 48, 64, 64], out_channels=64),
    rpn_head=dict(
        in_channels=64,
        feat_channels=64,
        anchor_generator=dict(scales=[2]),
    ),
    roi_head=dict(
        bbox_roi_extractor=dict(out_channels=64),
        bbox_head=dict(in_channels=64, fc_out_channels=256),
        mask_roi_extractor=None,
        mask_head=None,
    ),
    train_cfg=dict(
        rpn_proposal=dict(nms_pre=500, max_per_img=300),
        rcnn=dict(sampler=dict(num=128)),
    ),
    test_cfg=dict(rpn=dict(nms_pre=500, max_per_img=300)),
)
