# What helps small targets on my data? Two folders, without and with labels:
# --plan-options unlabelled=DIR labelled=DIR. Layout: docs/small_target.md.
# Copy the config, change its classes and its schedule, and name it here, or by
# --plan-options config=FILE.
_base_ = '_own.py'

config = 'small_target/infmae-base_1xb2-240k_custom-256x256.py'
measures = {name: dict(title=name, factor=100) for name in ('IoU', 'Pd', 'F1')}
# The small network, for which a start comes with the package.
_mini = {
    'model.backbone.arch': 'mini',
    'model.decode_head.in_channels': (3, 48, 96, 192, 192),
}
rows = dict(
    scratch=dict(options=_mini),
    start=dict(options=_mini),
    own=dict(options=_mini),
)
