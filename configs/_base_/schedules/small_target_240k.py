# Section 5.4 of the paper: AdamW, its rate and weight decay, 240k iterations.
# The paper does not say how the rate falls; this is what section 5.2 has for
# segmentation, whose models these are.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(
        type='AdamW', lr=1e-3, betas=(0.9, 0.999), weight_decay=0.05
    ),
    paramwise_cfg=dict(norm_decay_mult=0.0, bias_decay_mult=0.0),
)
param_scheduler = [
    dict(
        type='LinearLR', start_factor=1e-3, by_epoch=False, begin=0, end=1500
    ),
    dict(
        type='PolyLR',
        power=1.0,
        eta_min=0.0,
        by_epoch=False,
        begin=1500,
        end=240000,
    ),
]

train_cfg = dict(
    type='IterBasedTrainLoop', max_iters=240000, val_interval=8000
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
