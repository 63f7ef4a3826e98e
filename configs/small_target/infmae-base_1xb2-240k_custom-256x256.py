# Your own set: images/NAME.*, masks/NAME.* (brighter than 127 is a target),
# train.txt and val.txt with names, one a line. Folders and endings of other
# names: data_prefix and mask_suffix of SmallTargetDataset.
_base_ = 'infmae-base_1xb2-240k_sirst-256x256.py'

dataset = dict(type='SmallTargetDataset', data_root='data/small_targets')
train_dataloader = dict(dataset=dataset)
val_dataloader = dict(dataset=dataset)
test_dataloader = val_dataloader
