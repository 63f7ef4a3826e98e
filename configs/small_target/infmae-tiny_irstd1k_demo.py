# A minute on two CPU cores, on rendered scenes, from the start that ships:
# make demo.
_base_ = 'infmae-base_1xb2-240k_irstd1k-512x512.py'

data_root = 'demo_data/irstd1k'
crop_size = (192, 192)
base_lr = 3e-3
max_iters = 200
warmup_iters = 20
val_interval = 100

model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(
        arch='tiny',
        init_cfg=dict(checkpoint='infmae_mm://tiny-thermal'),
    ),
    decode_head=dict(in_channels=(3, 32, 48, 64, 64), channels=16),
)

# 48 images to learn from, 16 to measure: rendered sets have no split files.
train_pipeline = [
    dict(step, crop_size=crop_size) if step['type'] == 'RandomCrop' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(
    batch_size=4,
    num_workers=1,
    pin_memory=False,
    dataset=dict(
        data_root=data_root,
        ann_file='',
        indices=48,
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    num_workers=1,
    pin_memory=False,
    dataset=dict(
        data_root=data_root, ann_file='', indices=list(range(48, 64))
    ),
)
test_dataloader = val_dataloader

# Few steps want a higher rate.
optim_wrapper = dict(optimizer=dict(lr=base_lr))
train_cfg = dict(max_iters=max_iters, val_interval=val_interval)
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_iters),
    dict(_base_.param_scheduler[1], begin=warmup_iters, end=max_iters),
]
default_hooks = dict(
    logger=dict(interval=25), checkpoint=dict(interval=val_interval)
)
