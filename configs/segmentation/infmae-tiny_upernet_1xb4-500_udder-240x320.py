# Minutes on one CPU core: 300 images of a thermal camera in a barn, at
# half their size. A set of your own: infmae-tiny_upernet_custom.py.
_base_ = 'infmae-base_upernet_custom.py'

data_root = 'data/buffalo_udder'
metainfo = dict(classes=('background', 'udder'))
checkpoint = 'infmae_mm://tiny-thermal'
scale = (320, 240)  # width, height
crop_size = (240, 320)  # height, width
base_lr = 2e-3
max_iters = 500
warmup_iters = 50
val_interval = 250

# mmseg's 0.01 fits heads of 512 channels. In a narrow one, the first steps
# outgrow it: all channels learn the background, which is most of an image.
init_cfg = dict(type='Normal', std=0.1, override=dict(name='conv_seg'))
model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(
        arch='tiny', drop_path_rate=0.0, init_cfg=dict(checkpoint=checkpoint)
    ),
    decode_head=dict(
        in_channels=[32, 48, 64, 64],
        channels=32,
        init_cfg=init_cfg,
    ),
    auxiliary_head=dict(
        in_channels=64,
        channels=32,
        init_cfg=init_cfg,
    ),
    test_cfg=dict(_delete_=True, mode='whole'),
)

sizes = dict(
    RandomResize=dict(scale=scale), RandomCrop=dict(crop_size=crop_size)
)
train_pipeline = [
    dict(step, **sizes.get(step['type'], {})) for step in _base_.train_pipeline
]
load_image, *others = _base_.test_pipeline
test_pipeline = [load_image, dict(type='Resize', scale=scale), *others]
dataset = dict(data_root=data_root, metainfo=metainfo)
train_dataloader = dict(
    batch_size=4,
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

optim_wrapper = dict(optimizer=dict(lr=base_lr))
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_iters),
    dict(_base_.param_scheduler[1], begin=warmup_iters, end=max_iters),
]
train_cfg = dict(max_iters=max_iters, val_interval=val_interval)
default_hooks = dict(checkpoint=dict(interval=val_interval))
