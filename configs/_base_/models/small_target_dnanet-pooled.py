# DNANet by the formulas of its paper, with the losses of InfMAE.
_base_ = 'small_target_infmae-base.py'

head = dict(
    type='FCNHead',
    in_channels=16,
    channels=16,
    num_convs=0,
    concat_input=False,
    num_classes=2,
    out_channels=1,
    threshold=0.5,
    dropout_ratio=0.0,
    loss_decode=_base_.model.decode_head.loss_decode,
    init_cfg=dict(
        type='Normal',
        std=0.01,
        bias_prob=0.01,
        override=dict(name='conv_seg'),
    ),
)
model = dict(
    _delete_=True,
    type='AgreeingEncoderDecoder',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=dict(type='DNANet', published=False),
    decode_head=dict(in_index=3, **head),
    auxiliary_head=[dict(in_index=i, **head) for i in range(3)],
    train_cfg=dict(),
    test_cfg=dict(mode='whole', flips=False),
)
