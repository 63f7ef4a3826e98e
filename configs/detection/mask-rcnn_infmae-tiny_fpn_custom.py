# Boxes of your own in minutes on a CPU: COCO JSON, the tiny network, images of
# 320x256. The classes stand in the order of the file. checkpoint = None
# starts from random weights. On a GPU: cascade-rcnn_infmae-base_fpn_custom.py.
_base_ = 'mask-rcnn_infmae-tiny_fpn_1xb8-600_hit-uav-320x256.py'

data_root = 'data/my_set'
metainfo = dict(classes=('animal', 'vehicle'))
checkpoint = 'infmae_mm://tiny-thermal'

model = dict(
    backbone=dict(init_cfg=dict(checkpoint=checkpoint)),
    roi_head=dict(bbox_head=dict(num_classes=len(metainfo['classes']))),
)
dataset = dict(
    data_root=data_root,
    # without the colours of the set above
    metainfo=dict(metainfo, _delete_=True),
    data_prefix=dict(img='images'),
)
train_dataloader = dict(dataset=dict(dataset, ann_file='train.json'))
val_dataloader = dict(dataset=dict(dataset, ann_file='val.json'))
test_dataloader = val_dataloader
