# The head of InfMAE on the ViT of MAE, made a pyramid by mmseg's neck.
_base_ = 'small_target_infmae-base.py'

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
        arch='base',
        img_size=512,
        out_indices=(3, 5, 7, 11),
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/mae_base_4xb64-400e_inf30-224/epoch_400.pth',
        ),
    ),
    neck=dict(
        type='Feature2Pyramid',
        embed_dim=768,
        rescales=[4, 2, 1, 0.5],
        norm_cfg=dict(type='BN', requires_grad=True),
    ),
    decode_head=dict(in_channels=(3, 768, 768, 768, 768)),
)
