# A set of your own: my_set/{images,labels}/{train,val}, label maps with the
# id of the class in each pixel. Change the lines down to `val_interval`. On a
# CPU: infmae-tiny_upernet_custom.py.
_base_ = 'infmae-base_upernet_1xb2-240k_msrs-512x512.py'

data_root = 'data/my_set'
metainfo = dict(
    classes=('background', 'animal'),
    palette=[[0, 0, 0], [255, 128, 0]],  # black: not painted in drawings
)
checkpoint = 'work_dirs/infmae_base_4xb64-400e_inf30-224/epoch_400.pth'
scale = (640, 480)  # width, height, before the random factor of 0.5 to 2
crop_size = (512, 512)  # height, width
base_lr = 1e-4
max_iters = 240_000
warmup_iters = 1500
val_interval = 8000

num_classes = len(metainfo['classes'])
model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(init_cfg=dict(checkpoint=checkpoint)),
    decode_head=dict(num_classes=num_classes),
    auxiliary_head=dict(num_classes=num_classes),
    test_cfg=dict(
        crop_size=crop_size, stride=tuple(side * 2 // 3 for side in crop_size)
    ),
)
sizes = dict(
    RandomResize=dict(scale=scale), RandomCrop=dict(crop_size=crop_size)
)
train_pipeline = [
    dict(step, **sizes.get(step['type'], {})) for step in _base_.train_pipeline
]
dataset = dict(
    _delete_=True,
    type='InfraredSegDataset',
    data_root=data_root,
    metainfo=metainfo,
)
train_dataloader = dict(
    dataset=dict(
        dataset,
        data_prefix=dict(img_path='images/train', seg_map_path='labels/train'),
        pipeline=train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(
        dataset,
        data_prefix=dict(img_path='images/val', seg_map_path='labels/val'),
        pipeline=_base_.test_pipeline,
        test_mode=True,
    )
)
test_dataloader = val_dataloader

optim_wrapper = dict(optimizer=dict(lr=base_lr))
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_iters),
    dict(_base_.param_scheduler[1], begin=warmup_iters, end=max_iters),
]
train_cfg = dict(max_iters=max_iters, val_interval=val_interval)
default_hooks = dict(checkpoint=dict(interval=val_interval))
