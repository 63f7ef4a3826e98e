# HIT-UAV, aerial frames with small objects, at half its size: minutes on one
# CPU core. To compare a pre-trained start with one from scratch, not to reach
# the best result. The set: --data-root DIR.
_base_ = [
    '../_base_/models/mask-rcnn_infmae-tiny_fpn.py',
    '../_base_/datasets/m3fd_1024x1024.py',
    '../_base_/schedules/detection_260k.py',
]

data_root = 'data/hit_uav'
metainfo = dict(
    classes=('Person', 'Car', 'Bicycle', 'OtherVehicle'),
    palette=[(255, 80, 80), (90, 200, 255), (255, 200, 60), (255, 140, 0)],
)
scale = (320, 256)  # width, height
base_lr = 1e-3
max_iters = 600
warmup_iters = 50
val_interval = 200

model = dict(
    roi_head=dict(bbox_head=dict(num_classes=len(metainfo['classes'])))
)

train_pipeline = [
    dict(type='LoadThermalImage'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='Resize', scale=scale, keep_ratio=True),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackDetInputs'),
]
test_pipeline = [
    dict(type='LoadThermalImage'),
    dict(type='Resize', scale=scale, keep_ratio=True),
    *_base_.test_pipeline[2:],
]
dataset = dict(
    type='InfraredCocoDataset',
    data_root=data_root,
    metainfo=metainfo,
    data_prefix=dict(img='JPEGImages'),
)
train_dataloader = dict(
    batch_size=8,
    num_workers=1,
    dataset=dict(dataset, ann_file='coco_train.json', pipeline=train_pipeline),
)
val_dataloader = dict(
    batch_size=8,
    num_workers=1,
    dataset=dict(dataset, ann_file='coco_val.json', pipeline=test_pipeline),
)
test_dataloader = val_dataloader

# A small network, few steps: a higher rate.
optim_wrapper = dict(optimizer=dict(lr=base_lr, weight_decay=0.05))
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_iters),
    dict(_base_.param_scheduler[1], begin=warmup_iters, end=max_iters),
]
train_cfg = dict(max_iters=max_iters, val_interval=val_interval)
default_hooks = dict(checkpoint=dict(interval=val_interval))
# small objects under thin lines
visualizer = dict(line_width=1)
