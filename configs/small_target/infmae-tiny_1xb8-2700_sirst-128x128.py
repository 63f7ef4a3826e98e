# Ten minutes of a core. Group norm learns more slowly than batch norm, and
# with averaged weights it ends with fewer false alarms.
_base_ = 'infmae-tiny_1xb8-1200_sirst-128x128.py'

max_iters = 2700
warmup_iters = 135
val_interval = 900

model = dict(decode_head=dict(norm_cfg=dict(type='GN', num_groups=8)))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='EMAHook', momentum=0.002),
]
param_scheduler = [
    dict(_base_.param_scheduler[0], end=warmup_iters),
    dict(_base_.param_scheduler[1], begin=warmup_iters, end=max_iters),
]
train_cfg = dict(max_iters=max_iters, val_interval=val_interval)
default_hooks = dict(checkpoint=dict(interval=val_interval))
