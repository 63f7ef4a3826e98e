# A minute on two CPU cores, on rendered scenes, from the start that ships:
# make demo.
_base_ = 'infmae-base_1xb2-240k_irstd1k-512x512.py'

model = dict(
    data_preprocessor=dict(size=(192, 192)),
    backbone=dict(
        arch='mini',
        init_cfg=dict(checkpoint='infmae_mm://mini-thermal'),
    ),
    decode_head=dict(in_channels=(3, 48, 96, 192, 192), channels=16),
)

# 48 images to learn from, 16 to measure: rendered sets have no split files.
data_root = 'demo_data/irstd1k'
crop_size = (192, 192)
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
optim_wrapper = dict(optimizer=dict(lr=3e-3))
train_cfg = dict(max_iters=150, val_interval=50)
param_scheduler = [
    dict(_base_.param_scheduler[0], end=15),
    dict(_base_.param_scheduler[1], begin=15, end=150),
]
default_hooks = dict(logger=dict(interval=25), checkpoint=dict(interval=50))
