# A first real model in half an hour on a processor: the tiny network on crops
# of 128 pixels. The comparisons in docs/ start from it.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

img_size = 128
base_lr = 1e-3
max_epochs = 200
warmup_epochs = 10

model = dict(
    backbone=dict(arch='tiny', img_size=img_size),
    neck=dict(
        embed_dims=64,
        decoder_embed_dims=128,
        decoder_num_heads=4,
        img_size=img_size,
    ),
)

train_pipeline = [
    dict(type='LoadRandomResizedCrop', size=img_size, scale=(0.2, 1.0)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackInfrared'),
]
val_pipeline = [
    dict(type='LoadThermalImage', channels=1),
    dict(type='ResizeCenterCrop', size=img_size),
    dict(type='PackInfrared'),
]
train_dataloader = dict(
    num_workers=1, pin_memory=False, dataset=dict(pipeline=train_pipeline)
)
val_dataloader = dict(
    num_workers=1, pin_memory=False, dataset=dict(pipeline=val_pipeline)
)
test_dataloader = val_dataloader

# Processors compute fastest in float32. A small network and batch want a
# higher rate than the 3.75e-5 that the rule of the paper would give.
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(lr=base_lr))
auto_scale_lr = dict(enable=False)
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_epochs),
    dict(_base_.param_scheduler[1], begin=warmup_epochs, end=max_epochs),
]
default_hooks = dict(logger=dict(interval=20))
