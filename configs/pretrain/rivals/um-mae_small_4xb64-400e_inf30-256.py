# UM-MAE (arXiv 2205.10063) on the images and by the schedule of InfMAE: PVT-S,
# uniform sampling, normalised pixels. Its crops are multiples of 64 pixels.
_base_ = '../infmae_base_4xb64-400e_inf30-224.py'

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
        arch='small',
        img_size=256,
        masking=dict(type='UniformMasking'),
        secondary_ratio=0.25,
    ),
    neck=dict(type='UMMAEPretrainDecoder', embed_dims=512, img_size=256),
    head=dict(norm_pix=True),
)

train_pipeline = [
    dict(type='LoadRandomResizedCrop', size=256, scale=(0.2, 1.0)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackInfrared'),
]
val_pipeline = [
    dict(type='LoadThermalImage', channels=1),
    dict(type='ResizeCenterCrop', size=256),
    dict(type='PackInfrared'),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
