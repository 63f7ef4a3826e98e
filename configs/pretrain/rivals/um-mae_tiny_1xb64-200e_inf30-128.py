# UM-MAE beside infmae_tiny_1xb64-200e_inf30-128.py, at the size of a
# processor.
_base_ = '../infmae_tiny_1xb64-200e_inf30-128.py'

custom_imports = dict(
    imports=[
        'infmae_mm.engine',
        'infmae_mm.rivals.um_mae_pretrain',
        'infmae_mm.thermal',
    ]
)
model = dict(
    backbone=dict(
        _delete_=True,
        type='UMMAEPretrainEncoder',
        arch='tiny',
        img_size=128,
        masking=dict(type='UniformMasking'),
    ),
    neck=dict(type='UMMAEPretrainDecoder', embed_dims=64),
    head=dict(norm_pix=True),
)
