# What helps detection on my data? Two folders, without and with labels:
# --plan-options unlabelled=DIR labelled=DIR. Layout: docs/detection.md.
# Copy the config, change its classes and its schedule, and name it here, or by
# --plan-options config=FILE.
_base_ = '_own.py'

config = 'detection/cascade-rcnn_infmae-base_fpn_custom.py'
measures = {
    'coco/bbox_mAP': dict(title='mAP', factor=100),
    'coco/bbox_mAP_50': dict(title='AP50', factor=100),
}
# The small network, for which a start comes with the package.
_mini = {
    'model.backbone.arch': 'mini',
    'model.backbone.window_size': None,
    'model.backbone.global_indices': (),
    'model.neck.in_channels': [48, 96, 192, 192],
}
rows = dict(
    scratch=dict(options=_mini),
    start=dict(options=_mini),
    own=dict(options=_mini),
)
