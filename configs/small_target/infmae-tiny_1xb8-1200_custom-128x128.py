# Your own set in minutes on a CPU: the layout of
# infmae-base_1xb2-240k_custom-256x256.py. checkpoint = None starts from random
# weights.
_base_ = 'infmae-tiny_1xb8-1200_sirst-128x128.py'

data_root = 'data/small_targets'
checkpoint = 'infmae_mm://tiny-thermal'

model = dict(backbone=dict(init_cfg=dict(checkpoint=checkpoint)))
dataset = dict(type='SmallTargetDataset', data_root=data_root)
train_dataloader = dict(dataset=dataset)
val_dataloader = dict(dataset=dataset)
test_dataloader = val_dataloader
