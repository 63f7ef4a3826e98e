# SIRST-V2 as published, and its full splits. Half of its images have no
# target: those are what crops without a target are cut from.
_base_ = 'irstd1k_512x512.py'

data_root = 'data/SIRST-V2'
dataset = dict(
    type='SIRSTDataset',
    data_root=data_root,
    data_prefix=dict(img_path='mixed', seg_map_path='annotations/masks'),
)
train_dataloader = dict(
    dataset=dict(ann_file='splits/trainval_full.txt', **dataset)
)
val_dataloader = dict(dataset=dict(ann_file='splits/test_full.txt', **dataset))
test_dataloader = val_dataloader
