# Minutes on a CPU core.
_base_ = 'small_target_240k.py'

train_cfg = dict(max_iters=800, val_interval=400)
_base_.param_scheduler[0].end = 100
_base_.param_scheduler[1].update(begin=100, end=800)
default_hooks = dict(checkpoint=dict(interval=400))
