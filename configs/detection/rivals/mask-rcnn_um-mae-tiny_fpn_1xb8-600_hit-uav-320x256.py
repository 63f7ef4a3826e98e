# UM-MAE beside mask-rcnn_infmae-tiny_fpn_1xb8-600_hit-uav-320x256.py.
_base_ = '../mask-rcnn_infmae-tiny_fpn_1xb8-600_hit-uav-320x256.py'

custom_imports = dict(
    imports=[
        'infmae_mm.detection',
        'infmae_mm.engine',
        'infmae_mm.rivals.um_mae',
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
    neck=dict(in_channels=[16, 32, 48, 64]),
)
