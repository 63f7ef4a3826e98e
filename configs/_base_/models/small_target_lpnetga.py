# LPNetGA (Chen et al., TAES 2022): grey images, 0 to 1, and losses of its own.
_base_ = 'small_target_infmae-base.py'

model = dict(
    _delete_=True,
    type='AgreeingEncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean=[0.0],
        std=[255.0],
        pad_val=0,
        seg_pad_val=255,
    ),
    backbone=dict(type='LPNetGA'),
    decode_head=dict(type='LPNetGAHead'),
    train_cfg=dict(),
    test_cfg=dict(mode='whole', flips=False),
)
