# Minutes on two CPU cores, for a first look: make demo. It goes on from the
# start that this package carries, with a fresh decoder, on images that the
# start never saw. Patches are compared without their own mean and contrast, so
# that what is learnt is what a mean cannot tell: the structure within.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

data_root = 'demo_data/pretrain'
img_size = 128
base_lr = 1e-3
max_epochs = 6
warmup_epochs = 1

model = dict(
    backbone=dict(
        arch='tiny',
        img_size=img_size,
        init_cfg=dict(
            type='Pretrained', checkpoint='infmae_mm://tiny-thermal'
        ),
    ),
    neck=dict(
        embed_dims=64,
        decoder_embed_dims=128,
        decoder_num_heads=4,
        img_size=img_size,
    ),
    head=dict(norm_pix=True),
)

images = dict(data_root=data_root, holdout=0.05)
whole_image = [
    dict(type='LoadThermalImage', channels=1),
    dict(type='ResizeCenterCrop', size=img_size),
    dict(type='PackInfrared'),
]
train_dataloader = dict(
    batch_size=16,
    num_workers=1,
    pin_memory=False,
    dataset=dict(
        images,
        pipeline=[
            dict(
                type='LoadRandomResizedCrop', size=img_size, scale=(0.5, 1.0)
            ),
            dict(type='RandomFlip', prob=0.5),
            dict(type='PackInfrared'),
        ],
    ),
)
# Validation and testing measure the images held out.
val_dataloader = dict(
    batch_size=16,
    num_workers=1,
    pin_memory=False,
    dataset=dict(images, pipeline=whole_image),
)
test_dataloader = val_dataloader

# Processors compute fastest in float32.
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(lr=base_lr))
auto_scale_lr = dict(enable=False)
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_epochs),
    dict(_base_.param_scheduler[1], begin=warmup_epochs, end=max_epochs),
]
default_hooks = dict(logger=dict(interval=20))
