# InfMAE-Base and a head that gives one logit per pixel.
default_scope = 'mmseg'
# The one list of imports: two files of a config cannot both have one.
custom_imports = dict(
    imports=[
        'infmae_mm.engine',
        'infmae_mm.small_target.models',
        'infmae_mm.thermal',
    ]
)

model = dict(
    type='SmallTargetSegmentor',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean=[108.375, 108.375, 108.375],
        std=[51.0, 51.0, 51.0],
        # Crops of smaller images are padded to it, and the padding ignored.
        size=(512, 512),
        pad_val=0,
        seg_pad_val=255,
    ),
    backbone=dict(
        type='InfMAE',
        arch='base',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/infmae_base_4xb64-400e_inf30-224/'
            'epoch_400.pth',
        ),
    ),
    decode_head=dict(
        type='SmallTargetHead',
        in_channels=(3, 256, 384, 768, 768),
        channels=64,
        dropout_ratio=0.0,
        loss_decode=[
            dict(
                type='CrossEntropyLoss',
                use_sigmoid=True,
                avg_non_ignore=True,
                loss_name='loss_bce',
            ),
            dict(type='TargetSoftIoULoss'),
        ],
    ),
    train_cfg=dict(),
    # At native size: any scaling of the image would change the targets.
    test_cfg=dict(mode='whole', flips=False),
)
