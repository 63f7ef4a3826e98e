# What helps detection on my data? Two folders, without and
# with labels: --plan-options unlabelled=DIR labelled=DIR. Layout:
# docs/detection.md.
# Copy the config, change its classes and its schedule, and name it here.
_config = 'detection/cascade-rcnn_infmae-base_fpn_custom.py'

unlabelled = 'data/my_images'
labelled = 'data/my_set'
title = 'Starts on my data'
reference = 'scratch'
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
pretrainings = dict(
    own=dict(
        config='pretrain/infmae_tiny_1xb64-200e_inf30-128.py',
        options={'model.backbone.arch': 'mini', 'model.neck.embed_dims': 192},
    ),
)
rows = dict(
    scratch=dict(title='Scratch', config=_config, options=_mini, scratch=True),
    start=dict(
        title='Start of this package',
        config=_config,
        options=_mini,
        checkpoint='infmae_mm://mini-thermal',
        optional=True,
    ),
    own=dict(
        title='Own pre-training',
        config=_config,
        options=_mini,
        pretraining='own',
    ),
    # The base network wants a GPU.
    scratch_base=dict(title='Scratch, base', config=_config, scratch=True),
    # MCMAE's published weights, if they are there: docs/starts.md.
    mcmae=dict(
        title='MCMAE, base',
        config=_config,
        checkpoint='checkpoints/mcmae_base.pth',
        optional=True,
    ),
)
