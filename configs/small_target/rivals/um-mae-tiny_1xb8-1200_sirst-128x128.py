# UM-MAE beside infmae-tiny_1xb8-1200_sirst-128x128.py.
_base_ = '../infmae-tiny_1xb8-1200_sirst-128x128.py'

custom_imports = dict(
    imports=[
        'infmae_mm.engine',
        'infmae_mm.rivals.um_mae',
        'infmae_mm.small_target.models',
        'infmae_mm.thermal',
    ]
)
model = dict(
    backbone=dict(
        _delete_=True,
        type='UMMAE',
        arch='tiny',
        img_size=128,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/um-mae_tiny_1xb64-200e_inf30-128/'
            'epoch_200.pth',
        ),
    ),
    decode_head=dict(in_channels=(3, 16, 32, 48, 64)),
)
