# A minute and a half on two CPU cores, from the start that ships: make
# demo. Rendered streets in the layout of MSRS, of which four of the
# nine classes are in the pictures.
_base_ = 'infmae-base_upernet_1xb2-240k_msrs-512x512.py'

data_root = 'demo_data/msrs'
scale = (320, 240)  # width, height
crop_size = (160, 224)
base_lr = 3e-3
max_iters = 600
warmup_iters = 20
val_interval = 200
# See infmae-tiny_upernet_1xb4-500_udder-240x320.py.
init_cfg = dict(type='Normal', std=0.1, override=dict(name='conv_seg'))
model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(
        arch='mini',
        drop_path_rate=0.0,
        init_cfg=dict(checkpoint='infmae_mm://mini-thermal'),
    ),
    decode_head=dict(
        in_channels=[48, 96, 192, 192], channels=32, init_cfg=init_cfg
    ),
    auxiliary_head=dict(in_channels=192, channels=32, init_cfg=init_cfg),
    test_cfg=dict(_delete_=True, mode='whole'),
)

changes = dict(
    RandomResize=dict(scale=scale, ratio_range=(0.75, 1.5)),
    # Not mostly cars, as crops without too much background would be.
    RandomCrop=dict(crop_size=crop_size, cat_max_ratio=1.0),
)
train_pipeline = [
    dict(step, **changes.get(step['type'], {}))
    for step in _base_.train_pipeline
]
train_dataloader = dict(
    batch_size=4,
    num_workers=1,
    dataset=dict(data_root=data_root, pipeline=train_pipeline),
)
val_dataloader = dict(num_workers=1, dataset=dict(data_root=data_root))
test_dataloader = val_dataloader

optim_wrapper = dict(optimizer=dict(lr=base_lr))
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_iters),
    dict(_base_.param_scheduler[1], begin=warmup_iters, end=max_iters),
]
train_cfg = dict(max_iters=max_iters, val_interval=val_interval)
default_hooks = dict(checkpoint=dict(interval=val_interval))
