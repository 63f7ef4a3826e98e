# A set of your own: COCO JSON with boxes. Change the lines down to
# `val_interval`; the classes stand in the order of the file.
_base_ = 'cascade-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py'

data_root = 'data/my_set'
metainfo = dict(classes=('animal', 'vehicle'))
checkpoint = 'work_dirs/infmae_base_4xb64-400e_inf30-224/epoch_400.pth'
base_lr = 8e-5
max_iters = 260_000
warmup_iters = 1000
val_interval = 10_000

model = dict(
    backbone=dict(init_cfg=dict(checkpoint=checkpoint)),
    roi_head=dict(
        bbox_head=[
            dict(stage, num_classes=len(metainfo['classes']))
            for stage in _base_.model.roi_head.bbox_head
        ]
    ),
)
dataset = dict(
    type='InfraredCocoDataset',
    data_root=data_root,
    metainfo=metainfo,
    data_prefix=dict(img='images'),
)
train_dataloader = dict(dataset=dict(dataset, ann_file='train.json'))
val_dataloader = dict(dataset=dict(dataset, ann_file='val.json'))
test_dataloader = val_dataloader

optim_wrapper = dict(optimizer=dict(lr=base_lr))
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_iters),
    dict(_base_.param_scheduler[1], begin=warmup_iters, end=max_iters),
]
train_cfg = dict(max_iters=max_iters, val_interval=val_interval)
default_hooks = dict(checkpoint=dict(interval=val_interval))
