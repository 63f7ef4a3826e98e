# What helps segmentation on my data? Two folders, without and with labels:
# --plan-options unlabelled=DIR labelled=DIR. Layout: docs/segmentation.md.
# Copy the config, change its classes and its schedule, and name it here, or by
# --plan-options config=FILE.
_base_ = '_own.py'

config = 'segmentation/infmae-base_upernet_custom.py'
measures = dict(mIoU=dict(title='mIoU'), mAcc=dict(title='mAcc'))
# The small network, for which a start comes with the package.
_mini = {
    'model.backbone.arch': 'mini',
    'model.decode_head.in_channels': [48, 96, 192, 192],
    'model.auxiliary_head.in_channels': 192,
}
rows = dict(
    scratch=dict(options=_mini),
    start=dict(options=_mini),
    own=dict(options=_mini),
)
