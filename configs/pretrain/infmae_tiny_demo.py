# Minutes on two CPU cores, for a first look: make demo. Too short to learn
# what infrared scenes look like, long enough to learn 64 images by heart. The
# network is a small one of its own, not the tiny one of the tests.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

model = dict(
    backbone=dict(
        arch=dict(
            _delete_=True,
            embed_dims=(64, 96, 192),
            depths=(1, 1, 4),
            num_heads=6,
        ),
        img_size=128,
    ),
    neck=dict(
        embed_dims=192,
        decoder_embed_dims=128,
        decoder_num_heads=4,
        img_size=128,
    ),
)

data_root = 'demo_data/pretrain'
whole_image = [
    dict(type='LoadThermalImage', channels=1),
    dict(type='ResizeCenterCrop', size=128),
    dict(type='PackInfrared'),
]
learnt_images = dict(
    data_root=data_root, holdout=0.05, max_images=64, pipeline=whole_image
)
train_dataloader = dict(
    batch_size=16,
    num_workers=1,
    pin_memory=False,
    dataset=dict(
        _delete_=True,
        type='RepeatDataset',
        times=20,
        dataset=dict(type='InfraredImages', subset='train', **learnt_images),
    ),
)
# Validation measures what was learnt, testing the images held out.
val_dataloader = dict(
    batch_size=16,
    num_workers=1,
    pin_memory=False,
    dataset=dict(subset='train', **learnt_images),
)
test_dataloader = dict(
    batch_size=16,
    num_workers=1,
    pin_memory=False,
    dataset=dict(data_root=data_root, holdout=0.05, pipeline=whole_image),
)

# Processors compute fastest in float32. Few steps want a higher rate.
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(lr=3e-3))
auto_scale_lr = dict(enable=False)
train_cfg = dict(max_epochs=20)
param_scheduler = [
    dict(_base_.param_scheduler[0], end=2),
    dict(_base_.param_scheduler[1], begin=2, end=20),
]
default_hooks = dict(logger=dict(interval=20))
