# The FCN head of InfMAE on the pyramid transformer of UM-MAE.
_base_ = 'fcn_infmae-base.py'

custom_imports = dict(
    imports=[
        'infmae_mm.engine',
        'infmae_mm.rivals.um_mae',
        'infmae_mm.segmentation',
        'infmae_mm.thermal',
    ]
)
model = dict(
    backbone=dict(
        _delete_=True,
        type='UMMAE',
        arch='small',
        drop_path_rate=0.1,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/um-mae_small_4xb64-400e_inf30-256/'
            'epoch_400.pth',
        ),
    ),
    decode_head=dict(in_channels=[64, 128, 320, 512]),
    auxiliary_head=dict(in_channels=320),
)
