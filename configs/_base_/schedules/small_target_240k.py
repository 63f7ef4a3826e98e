# Section 5.4 of the paper: AdamW, its rate and weight decay, 240k iterations.
# How the rate falls it does not say: this is as in section 5.2.
_base_ = 'segmentation_240k.py'

optim_wrapper = dict(
    _delete_=True,
    type='OptimWrapper',
    optimizer=dict(
        type='AdamW',
        lr=1e-3,
        betas=(0.9, 0.999),
        weight_decay=0.05,
        fused=True,
    ),
    paramwise_cfg=dict(norm_decay_mult=0.0, bias_decay_mult=0.0),
)
_base_.param_scheduler[0].start_factor = 1e-3
default_hooks = dict(checkpoint=dict(save_best='IoU'))
visualizer = dict(type='SmallTargetVisualizer')
