# A set of your own with masks: COCO JSON whose annotations have a
# `segmentation`. Mask R-CNN with its mask branch. Change the lines down to
# `val_interval`; the classes stand in the order of the file.
_base_ = [
    '../_base_/models/mask-rcnn_infmae-base_fpn.py',
    '../_base_/datasets/m3fd_1024x1024.py',
    '../_base_/schedules/detection_260k.py',
]

data_root = 'data/my_set'
metainfo = dict(classes=('animal', 'vehicle'))
checkpoint = 'work_dirs/infmae_base_4xb64-400e_inf30-224/epoch_400.pth'
base_lr = 8e-5
max_iters = 260_000
warmup_iters = 1000
val_interval = 10_000

num_classes = len(metainfo['classes'])
model = dict(
    backbone=dict(init_cfg=dict(checkpoint=checkpoint)),
    roi_head=dict(
        bbox_head=dict(num_classes=num_classes),
        mask_head=dict(num_classes=num_classes),
    ),
)
with_masks = dict(type='LoadAnnotations', with_bbox=True, with_mask=True)
train_pipeline, test_pipeline = (
    [with_masks if t['type'] == 'LoadAnnotations' else t for t in pipeline]
    for pipeline in (_base_.train_pipeline, _base_.test_pipeline)
)
dataset = dict(
    type='InfraredCocoDataset', data_root=data_root, metainfo=metainfo
)
train_dataloader = dict(
    dataset=dict(
        dataset,
        ann_file='train.json',
        data_prefix=dict(img='images'),
        pipeline=train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(
        dataset,
        ann_file='val.json',
        data_prefix=dict(img='images'),
        pipeline=test_pipeline,
    )
)
test_dataloader = val_dataloader
val_evaluator = dict(metric=['bbox', 'segm'])
test_evaluator = val_evaluator

optim_wrapper = dict(optimizer=dict(lr=base_lr))
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_iters),
    dict(_base_.param_scheduler[1], begin=warmup_iters, end=max_iters),
]
train_cfg = dict(max_iters=max_iters, val_interval=val_interval)
default_hooks = dict(checkpoint=dict(interval=val_interval))
