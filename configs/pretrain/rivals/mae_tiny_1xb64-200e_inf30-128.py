# MAE beside infmae_tiny_1xb64-200e_inf30-128.py, at the size of a processor.
_base_ = '../infmae_tiny_1xb64-200e_inf30-128.py'

custom_imports = dict(
    imports=['infmae_mm.engine', 'infmae_mm.rivals.mae', 'infmae_mm.thermal']
)
model = dict(
    backbone=dict(
        _delete_=True,
        type='ViTMAEPretrainEncoder',
        arch=dict(
            embed_dims=64,
            num_layers=4,
            num_heads=4,
            feedforward_channels=256,
        ),
        img_size=128,
        masking=dict(type='RandomMasking', mask_ratio=0.75),
    ),
    neck=dict(type='ViTMAEPretrainDecoder'),
    head=dict(norm_pix=True),
)
