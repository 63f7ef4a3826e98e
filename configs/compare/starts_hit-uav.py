# Does a start that ships help? Detection in aerial frames, minutes a cell on
# one core. The training images were in the pre-training of the starts.
title = 'Starts that ship: aerial frames'
labelled = 'data/hit_uav'
reference = 'mini_scratch'
measures = {
    'coco/bbox_mAP': dict(title='mAP', factor=100),
    'coco/bbox_mAP_50': dict(title='AP50', factor=100),
}
fine_tuning_options = {
    'train_cfg.max_iters': 200,
    # as measured: the first steps of the recipe's schedule, not all of it
    'param_scheduler.1.end': 600,
    'train_cfg.val_interval': 200,
    'default_hooks.checkpoint.interval': 200,
}
_name = 'fpn_1xb8-600_hit-uav-320x256.py'
_mini = f'detection/mask-rcnn_infmae-mini_{_name}'
_tiny = f'detection/mask-rcnn_infmae-tiny_{_name}'
rows = dict(
    mini_scratch=dict(title='mini, scratch', config=_mini, scratch=True),
    mini_thermal=dict(title='mini-thermal', config=_mini),
    tiny_scratch=dict(title='tiny, scratch', config=_tiny, scratch=True),
    tiny_thermal=dict(title='tiny-thermal', config=_tiny),
)
