# UperNet with an InfMAE backbone, as in section 5.2 of the paper.
default_scope = 'mmseg'
# The one list of imports of the segmentation configs: two files of a config
# cannot both have one.
custom_imports = dict(
    imports=['infmae_mm.engine', 'infmae_mm.segmentation', 'infmae_mm.thermal']
)

# One device has BN in place of SyncBN, by itself.
norm_cfg = dict(type='SyncBN', requires_grad=True)
loss = dict(type='CrossEntropyLoss', use_sigmoid=False)
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        # Those of pre-training: 0.425 and 0.200 of 255.
        mean=[108.375] * 3,
        std=[51.0] * 3,
        bgr_to_rgb=False,
        size=(512, 512),
        pad_val=0,
        seg_pad_val=255,
    ),
    backbone=dict(
        type='InfMAE',
        arch='base',
        drop_path_rate=0.2,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/infmae_base_4xb64-400e_inf30-224/'
            'epoch_400.pth',
        ),
    ),
    decode_head=dict(
        type='UPerHead',
        in_channels=[256, 384, 768, 768],
        in_index=[0, 1, 2, 3],
        pool_scales=(1, 2, 3, 6),
        channels=512,
        dropout_ratio=0.1,
        num_classes=9,
        norm_cfg=norm_cfg,
        align_corners=False,
        loss_decode=dict(loss, loss_weight=1.0),
    ),
    auxiliary_head=dict(
        type='FCNHead',
        in_channels=768,
        in_index=2,
        channels=256,
        num_convs=1,
        concat_input=False,
        dropout_ratio=0.1,
        num_classes=9,
        norm_cfg=norm_cfg,
        align_corners=False,
        loss_decode=dict(loss, loss_weight=0.4),
    ),
    train_cfg=dict(),
    # Windows of the size of training. An image at once: mode='whole'.
    test_cfg=dict(mode='slide', crop_size=(512, 512), stride=(341, 341)),
)
