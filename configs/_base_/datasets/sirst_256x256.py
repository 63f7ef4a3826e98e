# SIRST: images of many sizes and modes, measured at their own size.
_base_ = 'irstd1k_512x512.py'

data_root = 'data/sirst'
_base_.train_pipeline[5].crop_size = (256, 256)
train_dataloader = dict(
    dataset=dict(
        type='SIRSTDataset',
        data_root=data_root,
        ann_file='train.txt',
        pipeline=_base_.train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(type='SIRSTDataset', data_root=data_root, ann_file='val.txt')
)
test_dataloader = val_dataloader
