# The schedule of segmentation for networks without layer decay: one rate for
# all, as ImageNet backbones of convolutions are fine-tuned.
_base_ = 'segmentation_240k.py'

optim_wrapper = dict(
    constructor='DefaultOptimWrapperConstructor',
    paramwise_cfg=dict(
        _delete_=True, norm_decay_mult=0.0, bias_decay_mult=0.0
    ),
)
