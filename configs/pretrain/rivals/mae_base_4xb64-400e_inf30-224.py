# Vanilla MAE (arXiv 2111.06377) on the images and by the schedule of InfMAE:
# its ViT, its decoder of 8 blocks, its normalised pixels.
_base_ = '../infmae_base_4xb64-400e_inf30-224.py'

custom_imports = dict(
    imports=['infmae_mm.engine', 'infmae_mm.rivals.mae', 'infmae_mm.thermal']
)
model = dict(
    backbone=dict(
        _delete_=True,
        type='ViTMAEPretrainEncoder',
        arch='base',
        img_size=224,
        masking=dict(type='RandomMasking', mask_ratio=0.75),
    ),
    neck=dict(type='ViTMAEPretrainDecoder', decoder_depth=8),
    head=dict(norm_pix=True),
)
