# IRSTD-1k as published, and its split of 800 and 201 images. Another folder:
# --data-root DIR.
data_root = 'data/IRSTD-1k'
crop_size = (512, 512)  # also in the model: the size of batches

# Never scaled down, which would lose targets of few pixels. Crops hold a
# target where ten tries find one. With the flips, all eight orientations.
train_pipeline = [
    dict(type='LoadThermalImage'),
    dict(type='LoadTargetMask'),
    dict(
        type='RandomChoice',
        transforms=[
            [dict(type='Resize', scale_factor=factor, keep_ratio=True)]
            for factor in (1.0, 1.25, 1.5, 2.0)
        ],
    ),
    dict(type='RandomRotFlip', rotate_prob=0.0, flip_prob=0.5),
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomCrop', crop_size=crop_size, cat_max_ratio=0.9999999),
    dict(type='ThermalJitter', brightness=32, contrast=(0.8, 1.2)),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='IRSTD1kDataset',
        data_root=data_root,
        ann_file='trainval.txt',
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='IRSTD1kDataset',
        data_root=data_root,
        ann_file='test.txt',
        test_mode=True,
        pipeline=[
            dict(type='LoadThermalImage'),
            dict(type='LoadTargetMask'),
            dict(type='PackSegInputs'),
        ],
    ),
)
val_evaluator = dict(type='SmallTargetMetric')
test_dataloader = val_dataloader
test_evaluator = val_evaluator
