# The ViT of MAE under mmdet's FPN: four of its maps, made a pyramid by the
# neck of mmseg.
_base_ = 'infmae-base_fpn.py'

custom_imports = dict(
    imports=[
        'infmae_mm.detection',
        'infmae_mm.engine',
        'infmae_mm.rivals.mae',
        'infmae_mm.thermal',
        'mmseg.models',
    ]
)
mae_fpn = dict(
    data_preprocessor=_base_.infmae_fpn.data_preprocessor,
    # Attention over the whole map.
    backbone=dict(
        _delete_=True,
        type='ViTMAE',
        arch='base',
        img_size=1024,
        out_indices=(3, 5, 7, 11),
        drop_path_rate=0.1,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/mae_base_4xb64-400e_inf30-224/epoch_400.pth',
        ),
    ),
    neck=[
        dict(
            type='mmseg.Feature2Pyramid',
            embed_dim=768,
            rescales=[4, 2, 1, 0.5],
            norm_cfg=dict(type='BN', requires_grad=True),
        ),
        dict(
            type='FPN',
            in_channels=[768, 768, 768, 768],
            out_channels=256,
            num_outs=5,
        ),
    ],
)
