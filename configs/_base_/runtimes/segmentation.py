# What runs of segmentation have in common, however long they are. Iterations
# are counted in place of epochs, here and in the log.
_base_ = '../default_runtime.py'

default_hooks = dict(
    logger=dict(log_metric_by_epoch=False),
    checkpoint=dict(by_epoch=False, save_best='mIoU', rule='greater'),
)
log_processor = dict(by_epoch=False)
visualizer = dict(type='InfraredSegVisualizer')
