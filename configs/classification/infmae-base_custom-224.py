# Your own images: a folder for each class in DATA_ROOT/train and
# DATA_ROOT/val. What to change stands on top (docs/classification.md). On a
# CPU: infmae-tiny_custom-128.py.
_base_ = [
    '../_base_/models/classifier_infmae-base.py',
    '../_base_/default_runtime.py',
]

data_root = 'data/mine'
classes = ('good', 'bad')  # names of the folders, in the order of the labels
size = (224, 224)  # width, height
base_lr = 1e-3
max_epochs = 50
warmup_epochs = 5
val_interval = 5
# Where to get one: docs/starts.md.
checkpoint = 'work_dirs/infmae_base_4xb64-400e_inf30-224/epoch_400.pth'

model = dict(
    backbone=dict(init_cfg=dict(checkpoint=checkpoint)),
    head=dict(num_classes=len(classes)),
)

train_pipeline = [
    dict(type='LoadThermalImage'),
    dict(type='Resize', scale=size),
    dict(
        type='RandomFlip',
        prob=[0.5, 0.25],
        direction=['horizontal', 'vertical'],
    ),
    dict(type='PackInputs'),
]
test_pipeline = [
    dict(type='LoadThermalImage'),
    dict(type='Resize', scale=size),
    dict(type='PackInputs'),
]
train_dataloader = dict(
    batch_size=32,
    num_workers=2,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='ClassFolders',
        data_root=data_root,
        split='train',
        classes=classes,
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='ClassFolders',
        data_root=data_root,
        split='val',
        classes=classes,
        pipeline=test_pipeline,
        test_mode=True,
    ),
)
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='Accuracy', topk=(1,)),
    dict(type='SingleLabelMetric', items=['precision', 'recall', 'f1-score']),
]
test_evaluator = val_evaluator

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=base_lr, weight_decay=0.05, fused=True),
    constructor='LayerDecayOptimWrapperConstructor',
    paramwise_cfg=dict(decay_rate=0.75),
)
train_cfg = dict(
    by_epoch=True, max_epochs=max_epochs, val_interval=val_interval
)
val_cfg = dict()
test_cfg = dict()
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=1e-3,
        begin=0,
        end=warmup_epochs,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        begin=warmup_epochs,
        end=max_epochs,
        convert_to_iter_based=True,
    ),
]
visualizer = dict(type='ClassVisualizer')
