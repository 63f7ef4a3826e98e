# NUDT-SIRST as published, and the split of its authors (DNANet): halves.
_base_ = 'irstd1k_512x512.py'

data_root = 'data/NUDT-SIRST'
_base_.train_pipeline[5].crop_size = (256, 256)
train_dataloader = dict(
    dataset=dict(
        type='NUDTSIRSTDataset',
        data_root=data_root,
        ann_file='50_50/train.txt',
        pipeline=_base_.train_pipeline,
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
