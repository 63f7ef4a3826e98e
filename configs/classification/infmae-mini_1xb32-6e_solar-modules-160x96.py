# 12 kinds of faults of solar modules, 24x40 pixels, enlarged four times.
# Minutes on two CPU cores, from the start that this package carries.
_base_ = 'infmae-base_custom-224.py'

data_root = 'data/solar_modules'
classes = (
    'Cell',
    'Cell-Multi',
    'Cracking',
    'Diode',
    'Diode-Multi',
    'Hot-Spot',
    'Hot-Spot-Multi',
    'No-Anomaly',
    'Offline-Module',
    'Shadowing',
    'Soiling',
    'Vegetation',
)
size = (96, 160)  # width, height
checkpoint = 'infmae_mm://mini-thermal'
max_epochs = 6
warmup_epochs = 1
val_interval = 2

model = dict(
    backbone=dict(
        arch='mini', drop_path_rate=0.0, init_cfg=dict(checkpoint=checkpoint)
    ),
    neck=[
        dict(type='GlobalAveragePooling'),
        dict(type='ClsBatchNormNeck', input_features=192),
    ],
    head=dict(num_classes=len(classes), in_channels=192),
)

train_pipeline, test_pipeline = (
    [
        dict(step, scale=size) if step['type'] == 'Resize' else step
        for step in pipeline
    ]
    for pipeline in (_base_.train_pipeline, _base_.test_pipeline)
)
dataset = dict(data_root=data_root, classes=classes)
train_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(dataset, pipeline=train_pipeline),
)
val_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(dataset, pipeline=test_pipeline),
)
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=max_epochs, val_interval=val_interval)
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_epochs),
    dict(_base_.param_scheduler[1], begin=warmup_epochs, end=max_epochs),
]
default_hooks = dict(logger=dict(interval=20))
