# Minutes on one CPU core: 300 images of a thermal camera in a barn, at
# half their size. Other sets of this size do as well: see
# infmae-base_upernet_custom.py for the lines to change.
_base_ = 'infmae-base_upernet_custom.py'

checkpoint = 'infmae_mm://tiny-thermal'
crop_size = (240, 320)
scale = (320, 240)  # width, height
metainfo = dict(classes=('background', 'udder'))
# mmseg's 0.01 fits heads of 512 channels. In a narrow one, the first steps
# outgrow it: all channels learn the background, which is most of an image.
init_cfg = dict(type='Normal', std=0.1, override=dict(name='conv_seg'))

model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(
        arch='tiny', drop_path_rate=0.0, init_cfg=dict(checkpoint=checkpoint)
    ),
    decode_head=dict(
        in_channels=[32, 48, 64, 64], channels=32, init_cfg=init_cfg
    ),
    auxiliary_head=dict(in_channels=64, channels=32, init_cfg=init_cfg),
    test_cfg=dict(_delete_=True, mode='whole'),
)

_base_.train_pipeline[2].scale = scale
_base_.train_pipeline[3].crop_size = crop_size
_base_.test_pipeline.insert(1, dict(type='Resize', scale=scale))
dataset = dict(data_root='data/buffalo_udder', metainfo=metainfo)
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(dataset, pipeline=_base_.train_pipeline),
)
val_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(dataset, pipeline=_base_.test_pipeline),
)
test_dataloader = val_dataloader

optim_wrapper = dict(optimizer=dict(lr=2e-3))
_base_.param_scheduler[0].end = 50
_base_.param_scheduler[1].update(begin=50, end=500)
train_cfg = dict(max_iters=500, val_interval=250)
default_hooks = dict(checkpoint=dict(interval=250))
