# Does a start that ships help? Small targets, on images of another origin
# than all of pre-training, two to four minutes a cell on one core.
title = 'Starts that ship: small targets on SIRST'
labelled = 'data/sirst'
reference = 'mini_scratch'
measures = {
    name: dict(title=name, factor=100)
    for name in ('IoU', 'nIoU', 'hIoU', 'Pd')
}
measures['Fa_ppm'] = dict(title='Fa (1e-6)')
fine_tuning_options = {
    'train_cfg.max_iters': 450,
    'train_cfg.val_interval': 450,
    'param_scheduler.0.end': 22,
    'param_scheduler.1.begin': 22,
    'param_scheduler.1.end': 450,
}
_mini = 'small_target/infmae-mini_1xb8-1200_sirst-128x128.py'
_tiny = 'small_target/infmae-tiny_1xb8-1200_sirst-128x128.py'
rows = dict(
    mini_scratch=dict(title='mini, scratch', config=_mini, scratch=True),
    mini_thermal=dict(title='mini-thermal', config=_mini),
    tiny_scratch=dict(title='tiny, scratch', config=_tiny, scratch=True),
    tiny_thermal=dict(title='tiny-thermal', config=_tiny),
)
