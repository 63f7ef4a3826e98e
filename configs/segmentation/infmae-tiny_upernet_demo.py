# Minutes on two CPU cores, from the start that ships: make demo. Rendered
# streets in the layout of MSRS, of which four of the nine classes are in the
# pictures.
_base_ = 'infmae-base_upernet_1xb2-240k_msrs-512x512.py'

data_root = 'demo_data/msrs'
scale = (200, 150)  # width, height
crop_size = (112, 144)
base_lr = 3e-3
max_iters = 700
warmup_iters = 20
val_interval = 350
# See infmae-tiny_upernet_1xb4-500_udder-240x320.py.
init_cfg = dict(type='Normal', std=0.1, override=dict(name='conv_seg'))
# Bikes and people are 3% of the pixels: in so few steps a network that counts
# all pixels alike learns none of them.
loss_decode = dict(class_weight=[0.5, 0.7, 3.0, 8.0, 1.0, 1.0, 1.0, 1.0, 1.0])
model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(
        arch='tiny',
        drop_path_rate=0.0,
        init_cfg=dict(checkpoint='infmae_mm://tiny-thermal'),
    ),
    decode_head=dict(
        in_channels=[32, 48, 64, 64],
        channels=32,
        loss_decode=loss_decode,
        init_cfg=init_cfg,
    ),
    auxiliary_head=dict(
        in_channels=64,
        channels=32,
        loss_decode=loss_decode,
        init_cfg=init_cfg,
    ),
    test_cfg=dict(_delete_=True, mode='whole'),
)

changes = dict(
    RandomResize=dict(scale=scale, ratio_range=(0.75, 1.25)),
    # Not mostly cars, as crops without too much background would be.
    RandomCrop=dict(crop_size=crop_size, cat_max_ratio=1.0),
)
train_pipeline = [
    dict(step, **changes.get(step['type'], {}))
    for step in _base_.train_pipeline
]
train_dataloader = dict(
    batch_size=8,
    num_workers=1,
    dataset=dict(data_root=data_root, pipeline=train_pipeline),
)
load_image, *others = _base_.test_pipeline
test_pipeline = [load_image, dict(type='Resize', scale=scale), *others]
val_dataloader = dict(
    num_workers=1, dataset=dict(data_root=data_root, pipeline=test_pipeline)
)
test_dataloader = val_dataloader

# The backbone, too, has few steps to become one for rendered streets.
optim_wrapper = dict(
    optimizer=dict(lr=base_lr), paramwise_cfg=dict(decay_rate=0.9)
)
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_iters),
    dict(_base_.param_scheduler[1], begin=warmup_iters, end=max_iters),
]
train_cfg = dict(max_iters=max_iters, val_interval=val_interval)
default_hooks = dict(checkpoint=dict(interval=val_interval))
