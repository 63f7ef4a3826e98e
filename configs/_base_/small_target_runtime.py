# Small targets are trained by iterations, and drawn as hits, misses and false
# alarms.
_base_ = 'default_runtime.py'

default_hooks = dict(
    checkpoint=dict(
        by_epoch=False, interval=8000, save_best='IoU', rule='greater'
    )
)
log_processor = dict(by_epoch=False)
visualizer = dict(type='SmallTargetVisualizer')
