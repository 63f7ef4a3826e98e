# How 'mini-thermal' of infmae_mm/weights/ was made, on one core of a
# processor: docs/starts.md. The lists come from prepare_thermal_set.py.
_base_ = 'infmae_tiny_1xb64-200e_inf30-128.py'

data_root = 'data/thermal_start'

model = dict(
    backbone=dict(arch='mini'),
    neck=dict(embed_dims=192),
)

# Pixels of about the size that fine-tuning sees: of frames at half size.
pipeline = [
    dict(type='LoadRandomResizedCrop', size=128, scale=(0.08, 0.6)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackInfrared'),
]
images = dict(type='InfraredImages', data_root=data_root, pipeline=pipeline)
# 11,495 crops an epoch. Of these a quarter are solar modules of 24x40 pixels,
# which would be 60% if every image came once.
train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        _delete_=True,
        type='ConcatDataset',
        datasets=[
            dict(
                type='RepeatDataset',
                times=4,
                dataset=dict(ann_file='aerial.txt', **images),
            ),
            dict(
                type='RepeatDataset',
                times=10,
                dataset=dict(ann_file='barn.txt', **images),
            ),
            dict(
                type='RepeatDataset',
                times=50,
                dataset=dict(ann_file='raw16.txt', **images),
            ),
            dict(ann_file='solar.txt', **images),
        ],
    ),
)
held_out = dict(data_root=data_root, ann_file='held_out.txt', subset='all')
val_dataloader = dict(dataset=held_out)
test_dataloader = dict(dataset=held_out)

train_cfg = dict(max_epochs=15, val_interval=1)
_base_.param_scheduler[0].end = 1
_base_.param_scheduler[1].update(begin=1, end=15)
