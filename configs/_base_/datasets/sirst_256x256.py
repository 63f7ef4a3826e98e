# SIRST: images of many sizes and modes, measured at their own size.
_base_ = 'irstd1k_512x512.py'

data_root = 'data/sirst'
crop_size = (256, 256)
train_pipeline = [
    dict(step, crop_size=crop_size) if step['type'] == 'RandomCrop' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(
    dataset=dict(
        type='SIRSTDataset',
        data_root=data_root,
        ann_file='train.txt',
        pipeline=train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(type='SIRSTDataset', data_root=data_root, ann_file='val.txt')
)
test_dataloader = val_dataloader
