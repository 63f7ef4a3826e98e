# NUDT-SIRST as published, and the split of its authors (DNANet): halves.
_base_ = 'irstd1k_512x512.py'

data_root = 'data/NUDT-SIRST'
crop_size = (256, 256)
train_pipeline = [
    dict(step, crop_size=crop_size) if step['type'] == 'RandomCrop' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(
    dataset=dict(
        type='NUDTSIRSTDataset',
        data_root=data_root,
        ann_file='50_50/train.txt',
        pipeline=train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(
        type='NUDTSIRSTDataset',
        data_root=data_root,
        ann_file='50_50/test.txt',
    )
)
test_dataloader = val_dataloader
