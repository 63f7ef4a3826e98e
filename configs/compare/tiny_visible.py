# Section 5.6 of the paper at the size of a processor: MAE on visible against
# infrared images of the same places, and as many, for the udder.
title = 'Visible against infrared pre-training'
labelled = 'data/buffalo_udder'
reference = 'infrared'
measures = dict(mIoU=dict(title='mIoU'), mAcc=dict(title='mAcc'))
fine_tuning_options = {
    'train_cfg.max_iters': 100,
    # as measured: the first steps of the recipe's schedule, not all of it
    'param_scheduler.1.end': 500,
    'train_cfg.val_interval': 100,
    'default_hooks.checkpoint.interval': 100,
}
_mae = 'pretrain/rivals/mae_tiny_1xb64-200e_inf30-128.py'
config = 'segmentation/rivals/mae-tiny_upernet_1xb4-500_udder-240x320.py'
pretraining_options = {
    'train_cfg.max_epochs': 100,
    # as measured: the first steps of the recipe's schedule, not all of it
    'param_scheduler.1.end': 200,
    'train_cfg.val_interval': 50,
}
pretrainings = dict(
    visible=dict(config=_mae, data_root='data/roadscene/vi'),
    # as in the other plans of tiny networks: its cells may be copied
    mae=dict(config=_mae, data_root='data/roadscene/ir'),
)
rows = dict(
    scratch=dict(title='Scratch', scratch=True),
    visible=dict(title='Visible', pretraining='visible'),
    infrared=dict(title='Infrared', pretraining='mae'),
)
