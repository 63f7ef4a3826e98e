# Does a start that ships help? Segmentation of udders, minutes a cell on one
# core. The training images were in the pre-training of the starts.
title = 'Starts that ship: udders in a barn'
labelled = 'data/buffalo_udder'
reference = 'mini_scratch'
measures = dict(mIoU=dict(title='mIoU'), mAcc=dict(title='mAcc'))
fine_tuning_options = {
    'train_cfg.max_iters': 100,
    # as measured: the first steps of the recipe's schedule, not all of it
    'param_scheduler.1.end': 500,
    'train_cfg.val_interval': 100,
    'default_hooks.checkpoint.interval': 100,
}
_tiny = 'segmentation/infmae-tiny_upernet_1xb4-500_udder-240x320.py'
_mini = 'segmentation/infmae-mini_upernet_1xb4-500_udder-240x320.py'
rows = dict(
    mini_scratch=dict(title='mini, scratch', config=_mini, scratch=True),
    mini_thermal=dict(title='mini-thermal', config=_mini),
    tiny_scratch=dict(title='tiny, scratch', config=_tiny, scratch=True),
    tiny_thermal=dict(title='tiny-thermal', config=_tiny),
)
