# A set of your own: my_set/{images,labels}/{train,val}, label maps with the
# id of the class in each pixel. Change the lines down to `checkpoint`.
_base_ = 'infmae-base_upernet_1xb2-240k_msrs-512x512.py'

data_root = 'data/my_set'
metainfo = dict(
    classes=('background', 'animal'),
    palette=[[0, 0, 0], [255, 128, 0]],  # black: not painted in drawings
)
checkpoint = 'work_dirs/infmae_base_4xb64-400e_inf30-224/epoch_400.pth'

num_classes = len(metainfo['classes'])
model = dict(
    backbone=dict(init_cfg=dict(checkpoint=checkpoint)),
    decode_head=dict(num_classes=num_classes),
    auxiliary_head=dict(num_classes=num_classes),
)
dataset = dict(
    _delete_=True,
    type='InfraredSegDataset',
    data_root=data_root,
    metainfo=metainfo,
)
train_dataloader = dict(
    dataset=dict(
        dataset,
        data_prefix=dict(img_path='images/train', seg_map_path='labels/train'),
        pipeline=_base_.train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(
        dataset,
        data_prefix=dict(img_path='images/val', seg_map_path='labels/val'),
        pipeline=_base_.test_pipeline,
        test_mode=True,
    )
)
test_dataloader = val_dataloader
