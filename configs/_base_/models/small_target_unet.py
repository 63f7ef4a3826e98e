# mmseg's UNet, with the losses of InfMAE.
_base_ = 'small_target_infmae-base.py'

model = dict(
    _delete_=True,
    type='AgreeingEncoderDecoder',
    # UNet takes sizes that can be halved four times.
    data_preprocessor=dict(
        test_cfg=dict(size_divisor=16), **_base_.model.data_preprocessor
    ),
    backbone=dict(type='UNet'),
    decode_head=dict(
        type='FCNHead',
        in_channels=64,
        in_index=4,
        channels=64,
        num_convs=1,
        concat_input=False,
        num_classes=2,
        out_channels=1,
        threshold=0.5,
        dropout_ratio=0.0,
        norm_cfg=dict(type='BN'),
        loss_decode=_base_.model.decode_head.loss_decode,
        init_cfg=dict(
            type='Normal',
            std=0.01,
            bias_prob=0.01,
            override=dict(name='conv_seg'),
        ),
    ),
    train_cfg=dict(),
    test_cfg=dict(mode='whole', flips=False),
)
