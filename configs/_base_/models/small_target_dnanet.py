# DNANet as published: its wiring, and the mean of four soft IoUs of the batch.
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
    loss_decode=dict(
        type='TargetSoftIoULoss', per_image=False, loss_weight=0.25
    ),
    init_cfg=dict(type='Xavier', layer='Conv2d', distribution='normal'),
)
model = dict(
    _delete_=True,
    type='AgreeingEncoderDecoder',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=dict(type='DNANet'),
    decode_head=dict(in_index=3, **head),
    auxiliary_head=[dict(in_index=i, **head) for i in range(3)],
    train_cfg=dict(),
    test_cfg=dict(mode='whole', flips=False),
)
