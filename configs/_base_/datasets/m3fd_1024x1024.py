# M3FD-inf: 4,200 images, mostly 1024x768. It has no official split; this one
# is 80 to 20, made by
#     python tools/dataset_converters/m3fd2coco.py data/M3FD/Annotation \
#         data/M3FD/m3fd.json --ratio 0.8 --seed 0
# Another folder: --data-root DIR.
data_root = 'data/M3FD'
scale = (1024, 1024)  # width, height
crop_size = scale

train_pipeline = [
    dict(type='LoadThermalImage'),
    dict(type='LoadAnnotations', with_bbox=True),
    # Large-scale jitter: resized to 0.1 to 2 times 1024, then cropped; the
    # model pads to 1024.
    dict(
        type='RandomResize',
        scale=scale,
        ratio_range=(0.1, 2.0),
        keep_ratio=True,
    ),
    dict(
        type='RandomCrop',
        crop_type='absolute_range',
        crop_size=crop_size,
        recompute_bbox=True,
        allow_negative_crop=True,
    ),
    dict(type='FilterAnnotations', min_gt_bbox_wh=(1e-2, 1e-2)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackDetInputs'),
]
test_pipeline = [
    dict(type='LoadThermalImage'),
    dict(type='Resize', scale=scale, keep_ratio=True),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='PackDetInputs',
        # 'instances' are what the metric measures against.
        meta_keys=(
            'img_id',
            'img_path',
            'ori_shape',
            'img_shape',
            'scale_factor',
            'instances',
        ),
    ),
]
train_dataloader = dict(
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='M3FDDataset',
        data_root=data_root,
        ann_file='m3fd_train.json',
        data_prefix=dict(img='Ir'),
        filter_cfg=dict(filter_empty_gt=True),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='M3FDDataset',
        data_root=data_root,
        ann_file='m3fd_val.json',
        data_prefix=dict(img='Ir'),
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
val_evaluator = dict(type='ClasswiseCocoMetric', metric='bbox', classwise=True)
test_dataloader = val_dataloader
test_evaluator = val_evaluator
