# Minutes on a CPU core.
_base_ = 'small_target_240k.py'

train_cfg = dict(max_iters=1200, val_interval=400)
_base_.param_scheduler[0].end = 100
_base_.param_scheduler[1].update(begin=100, end=1200)
default_hooks = dict(checkpoint=dict(interval=400))
