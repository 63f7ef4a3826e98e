# Go on from MCMAE's public weights (docs/starts.md), on infrared images: a
# quarter of the epochs at half the rate, for an encoder that knows pictures.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

# python tools/convert_checkpoint.py convmae_base.pth CHECKPOINT
checkpoint = 'work_dirs/mcmae_base.pth'
base_lr = 7.5e-5  # of 256 images
max_epochs = 100
warmup_epochs = 10

# The decoder is a fresh one of depth 2, as in the paper. MCMAE's has depth 8
# and learnt colour photographs; a step with it takes 1.7 times as long
# (docs/performance.md), and it is thrown away afterwards.
model = dict(
    backbone=dict(
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint),
    ),
)

optim_wrapper = dict(optimizer=dict(lr=base_lr))
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_epochs),
    dict(_base_.param_scheduler[1], begin=warmup_epochs, end=max_epochs),
]
