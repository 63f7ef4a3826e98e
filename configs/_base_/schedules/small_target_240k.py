# Section 5.4 of the paper: AdamW, its rate and weight decay, 240k iterations.
# How the rate falls it does not say: this is as in section 5.2.
_base_ = '../runtimes/small_target.py'

base_lr = 1e-3
max_iters = 240_000
warmup_iters = 1500
val_interval = 8000

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(
        type='AdamW',
        lr=base_lr,
        betas=(0.9, 0.999),
        weight_decay=0.05,
        fused=True,
    ),
    paramwise_cfg=dict(norm_decay_mult=0.0, bias_decay_mult=0.0),
)
auto_scale_lr = dict(enable=False, base_batch_size=2)

param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, end=warmup_iters, by_epoch=False),
    dict(
        type='PolyLR',
        power=1.0,
        eta_min=0.0,
        begin=warmup_iters,
        end=max_iters,
        by_epoch=False,
    ),
]

train_cfg = dict(
    type='IterBasedTrainLoop', max_iters=max_iters, val_interval=val_interval
)
val_cfg = dict()
test_cfg = dict()

default_hooks = dict(checkpoint=dict(interval=val_interval))
