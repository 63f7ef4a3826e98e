# Minutes on two CPU cores, for a first look: make demo. The network is a small
# one of its own, not the 'tiny' of the tests.
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

data_root = 'demo_data'
train_dataloader = dict(
    batch_size=16,
    num_workers=1,
    pin_memory=False,
    dataset=dict(data_root=data_root, holdout=0.05),
)
_base_.train_dataloader.dataset.pipeline[0].size = 128
val_dataloader = dict(
    batch_size=16,
    num_workers=1,
    pin_memory=False,
    dataset=dict(data_root=data_root, holdout=0.05),
)
_base_.val_dataloader.dataset.pipeline[1].size = 128
test_dataloader = val_dataloader
_base_.test_dataloader.dataset.pipeline[1].size = 128

# Processors compute fastest in float32. Few steps want a higher rate.
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(lr=1e-3))
auto_scale_lr = dict(enable=False)
train_cfg = dict(max_epochs=20)
_base_.param_scheduler[0].end = 2
_base_.param_scheduler[1].update(begin=2, end=20)
default_hooks = dict(logger=dict(interval=20))
