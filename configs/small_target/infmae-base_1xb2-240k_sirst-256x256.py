# SIRST: images of many sizes and modes, measured at their own size.
_base_ = 'infmae-base_1xb2-240k_irstd1k-512x512.py'

data_root = 'data/sirst'
model = dict(data_preprocessor=dict(size=(256, 256)))
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
# The best algorithm would be searched for every size of image anew.
env_cfg = dict(cudnn_benchmark=False)
