# What runs of detection have in common, however long they are. Iterations are
# counted in place of epochs, here and in the log.
_base_ = '../default_runtime.py'

default_hooks = dict(
    logger=dict(log_metric_by_epoch=False),
    checkpoint=dict(by_epoch=False, save_best='coco/bbox_mAP', rule='greater'),
)
# Heads and dataset must have the same number of classes.
custom_hooks = [
    dict(type='FiniteLossHook'),
    dict(type='NumClassCheckHook'),
]
log_processor = dict(by_epoch=False)
visualizer = dict(type='DetLocalVisualizer')
