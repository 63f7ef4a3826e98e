# Some three minutes on two CPU cores, for a first look: rendered scenes, from
# the start that ships.
_base_ = [
    '../_base_/models/mask-rcnn_infmae-tiny_fpn.py',
    '../_base_/datasets/m3fd_1024x1024.py',
    '../_base_/schedules/detection_260k.py',
]

data_root = 'demo_data/m3fd'
scale = (224, 176)  # width, height
base_lr = 2e-3
max_iters = 360
warmup_iters = 20
val_interval = 360

# RoIAlign is most of a step on a processor.
model = dict(train_cfg=dict(rcnn=dict(sampler=dict(num=32))))

train_dataloader = dict(
    batch_size=8,
    num_workers=1,
    dataset=dict(
        data_root=data_root,
        pipeline=[
            dict(type='LoadThermalImage'),
            dict(type='LoadAnnotations', with_bbox=True),
            dict(type='Resize', scale=scale, keep_ratio=True),
            dict(type='RandomFlip', prob=0.5),
            dict(type='PackDetInputs'),
        ],
    ),
)
val_dataloader = dict(
    batch_size=8,
    num_workers=1,
    dataset=dict(
        data_root=data_root,
        pipeline=[
            dict(type='LoadThermalImage'),
            dict(type='Resize', scale=scale, keep_ratio=True),
            *_base_.test_pipeline[2:],
        ],
    ),
)
test_dataloader = val_dataloader

optim_wrapper = dict(optimizer=dict(lr=base_lr, weight_decay=0.05))
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_iters),
    dict(_base_.param_scheduler[1], begin=warmup_iters, end=max_iters),
]
train_cfg = dict(max_iters=max_iters, val_interval=val_interval)
default_hooks = dict(
    logger=dict(interval=20), checkpoint=dict(interval=val_interval)
)
# small objects under thin lines
visualizer = dict(line_width=1)
