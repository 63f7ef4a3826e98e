# Minutes on a CPU core. The 1e-3 of the paper is too slow for so few
# iterations: docs/small_target.md.
_base_ = 'small_target_240k.py'

base_lr = 5e-3
max_iters = 1200
warmup_iters = 60
val_interval = 600

optim_wrapper = dict(optimizer=dict(lr=base_lr))
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_iters),
    dict(_base_.param_scheduler[1], begin=warmup_iters, end=max_iters),
]
train_cfg = dict(max_iters=max_iters, val_interval=val_interval)
default_hooks = dict(checkpoint=dict(interval=val_interval))
