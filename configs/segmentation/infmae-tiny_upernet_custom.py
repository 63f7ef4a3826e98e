# A set of your own in minutes on a CPU: the layout of
# infmae-base_upernet_custom.py, the tiny network, images of 320x240.
# checkpoint = None starts from random weights.
_base_ = 'infmae-tiny_upernet_1xb4-500_udder-240x320.py'

data_root = 'data/my_set'
metainfo = dict(
    classes=('background', 'animal'), palette=[[0, 0, 0], [255, 128, 0]]
)
checkpoint = 'infmae_mm://tiny-thermal'

num_classes = len(metainfo['classes'])
model = dict(
    backbone=dict(init_cfg=dict(checkpoint=checkpoint)),
    decode_head=dict(num_classes=num_classes),
    auxiliary_head=dict(num_classes=num_classes),
)
dataset = dict(data_root=data_root, metainfo=metainfo)
train_dataloader = dict(dataset=dataset)
val_dataloader = dict(dataset=dataset)
test_dataloader = val_dataloader
