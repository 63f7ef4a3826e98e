# A folder tree of infrared images, or a list of them. Another one:
# --data-root DIR or --data-root LIST.txt, which sets all three data_root
# below.
data_root = 'data/Inf30'
img_size = 224  # also in the model

train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    persistent_workers=True,
    pin_memory=True,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='InfraredImages',
        data_root=data_root,
        subset='train',
        pipeline=[
            dict(
                type='LoadRandomResizedCrop', size=img_size, scale=(0.2, 1.0)
            ),
            dict(type='RandomFlip', prob=0.5),
            dict(type='PackInfrared'),
        ],
    ),
)
val_dataloader = dict(
    batch_size=64,
    num_workers=4,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='InfraredImages',
        data_root=data_root,
        subset='val',
        test_mode=True,
        pipeline=[
            dict(type='LoadThermalImage', channels=1),
            dict(type='ResizeCenterCrop', size=img_size),
            dict(type='PackInfrared'),
        ],
    ),
)
val_evaluator = dict(type='ReconstructionMetric')
test_dataloader = val_dataloader
test_evaluator = val_evaluator
