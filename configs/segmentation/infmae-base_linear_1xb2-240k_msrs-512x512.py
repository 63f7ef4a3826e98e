# Not in the paper: how far the pre-trained features go by themselves. The
# backbone is frozen, and one 1x1 convolution reads the map of stride 16.
_base_ = 'infmae-base_fcn_1xb2-240k_msrs-512x512.py'

model = dict(
    backbone=dict(out_indices=(2,), frozen_stages=2, drop_path_rate=0.0),
    decode_head=dict(
        _delete_=True,
        type='FCNHead',
        in_channels=768,
        in_index=0,
        channels=768,
        num_convs=0,
        concat_input=False,
        dropout_ratio=0.0,
        num_classes=9,
        align_corners=False,
        loss_decode=dict(_base_.loss, loss_weight=1.0),
    ),
    auxiliary_head=None,
)
base_lr = 1e-3
optim_wrapper = dict(optimizer=dict(lr=base_lr))
