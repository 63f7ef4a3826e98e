# MAE beside infmae-tiny_1xb8-1200_sirst-128x128.py.
_base_ = '../infmae-tiny_1xb8-1200_sirst-128x128.py'

custom_imports = dict(
    imports=[
        'infmae_mm.engine',
        'infmae_mm.rivals.mae',
        'infmae_mm.small_target.models',
        'infmae_mm.thermal',
    ]
)
model = dict(
    backbone=dict(
        _delete_=True,
        type='ViTMAE',
        arch=dict(
            embed_dims=64,
            num_layers=4,
            num_heads=4,
            feedforward_channels=256,
        ),
        img_size=128,
        out_indices=(0, 1, 2, 3),
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/mae_tiny_1xb64-200e_inf30-128/epoch_200.pth',
        ),
    ),
    neck=dict(
        type='Feature2Pyramid',
        embed_dim=64,
        rescales=[4, 2, 1, 0.5],
        norm_cfg=dict(type='BN', requires_grad=True),
    ),
    decode_head=dict(in_channels=(3, 64, 64, 64, 64)),
)
