# MSRS-inf: 1083 images of 640x480 to train on, 361 to measure. Another
# folder: --data-root DIR.
data_root = 'data/MSRS'
scale = (640, 480)  # width, height, before the random factor of 0.5 to 2
crop_size = (512, 512)  # also in the model: the size of batches and windows

train_pipeline = [
    dict(type='LoadThermalImage'),
    dict(type='LoadInfraredLabels'),
    dict(
        type='RandomResize',
        scale=scale,
        ratio_range=(0.5, 2.0),
        keep_ratio=True,
    ),
    dict(type='RandomCrop', crop_size=crop_size, cat_max_ratio=0.75),
    dict(type='RandomFlip', prob=0.5),
    dict(type='ThermalJitter'),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadThermalImage'),
    dict(type='LoadInfraredLabels'),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='MSRSDataset',
        data_root=data_root,
        subset='train',
        modality='ir',
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='MSRSDataset',
        data_root=data_root,
        subset='test',
        modality='ir',
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
val_evaluator = dict(type='ClasswiseIoUMetric', iou_metrics=['mIoU'])
test_dataloader = val_dataloader
test_evaluator = val_evaluator
