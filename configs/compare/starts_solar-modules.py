# Does a start that ships help? 12 kinds of faults of solar modules, minutes a
# cell on one core. The training images were in the pre-training of the starts.
title = 'Starts that ship: faults of solar modules'
labelled = 'data/solar_modules'
reference = 'mini_scratch'
measures = {'accuracy/top1': dict(title='accuracy')}
fine_tuning_options = {
    'train_cfg.max_epochs': 1,
    # as measured: the first steps of the recipe's schedule, not all of it
    'param_scheduler.1.end': 6,
    'train_cfg.val_interval': 1,
}
_name = '1xb32-6e_solar-modules-160x96.py'
_mini = f'classification/infmae-mini_{_name}'
_frozen = f'classification/infmae-mini_frozen_{_name}'
_tiny = f'classification/infmae-tiny_{_name}'
rows = dict(
    mini_scratch=dict(title='mini, scratch', config=_mini, scratch=True),
    mini_thermal=dict(title='mini-thermal', config=_mini),
    mini_frozen=dict(title='mini-thermal, frozen', config=_frozen),
    tiny_scratch=dict(title='tiny, scratch', config=_tiny, scratch=True),
    tiny_thermal=dict(title='tiny-thermal', config=_tiny),
)
