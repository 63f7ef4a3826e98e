# Trials of the recipe for small targets: one change each, on 192 of the
# training images of SIRST, measured on the other 64. 450 iterations, about
# 110 s of a core.
title = 'Small targets: trials of the recipe'
labelled = 'data/sirst'
reference = 'recipe'
measures = {
    name: dict(title=name, factor=100) for name in ('IoU', 'nIoU', 'Pd')
}
measures['Fa_ppm'] = dict(title='Fa (1e-6)')
_held_out = list(range(3, 256, 4))
_measured = dict(ann_file='train.txt', indices=_held_out)
fine_tuning_options = {
    'train_cfg.max_iters': 450,
    'train_cfg.val_interval': 450,
    'train_dataloader.dataset.indices': [
        i for i in range(256) if i not in _held_out
    ],
    'val_dataloader.dataset': _measured,
    'test_dataloader.dataset': _measured,
}
_crops = 'train_dataloader.dataset.pipeline.4.transforms'
_anywhere = dict(type='RandomCrop', crop_size=(128, 128))
_bce = dict(
    type='CrossEntropyLoss',
    use_sigmoid=True,
    avg_non_ignore=True,
    loss_name='loss_bce',
)
_iou = dict(type='TargetSoftIoULoss')
_trials = dict(
    recipe=('the recipe', {}),
    narrow=(
        'stem of (8, 16) channels',
        {'model.decode_head.stem_channels': (8, 16)},
    ),
    wide=(
        'stem of (32, 64) channels',
        {'model.decode_head.stem_channels': (32, 64)},
    ),
    group_norm=(
        'group norm',
        {'model.decode_head.norm_cfg': dict(type='GN', num_groups=8)},
    ),
    sls=(
        'SLS loss in place of soft IoU',
        {'model.decode_head.loss_decode': [_bce, dict(type='SLSLoss')]},
    ),
    heavy_bce=(
        'cross-entropy, weight 10',
        {
            'model.decode_head.loss_decode': [
                dict(_bce, loss_weight=10.0),
                _iou,
            ]
        },
    ),
    bce=(
        'cross-entropy alone',
        {'model.decode_head.loss_decode': [_bce]},
    ),
    sides=(
        'deep supervision, weight 0.5',
        {'model.decode_head.side_weight': 0.5},
    ),
    layer_decay=(
        'rate of the backbone halves with each layer down',
        {
            'optim_wrapper.constructor': 'LayerDecayOptimWrapperConstructor',
            'optim_wrapper.paramwise_cfg': dict(_delete_=True, decay_rate=0.5),
        },
    ),
    averaged=(
        'averaged weights (momentum 0.01)',
        {
            'custom_hooks': [
                dict(type='FiniteLossHook'),
                dict(type='EMAHook', momentum=0.01),
            ]
        },
    ),
    anywhere=(
        'crops anywhere alone',
        {_crops: [[_anywhere]]},
    ),
    on_targets=(
        'crops on targets alone',
        {
            _crops: [[dict(_anywhere, cat_max_ratio=0.9999999)]],
        },
    ),
    no_jitter=(
        'brightness and contrast as they are',
        {
            'train_dataloader.dataset.pipeline.5': dict(
                type='ThermalJitter', brightness=0, contrast=(1.0, 1.0)
            )
        },
    ),
    slow=('rate 2e-3', {'optim_wrapper.optimizer.lr': 2e-3}),
)
rows = {
    name: dict(
        title=title,
        config='small_target/infmae-tiny_1xb8-1200_sirst-128x128.py',
        options=options,
    )
    for name, (title, options) in _trials.items()
}
