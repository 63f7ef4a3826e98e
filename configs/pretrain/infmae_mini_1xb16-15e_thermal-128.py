# How 'mini-thermal' of infmae_mm/weights/ was made, on one core of a
# processor: docs/starts.md. The lists come from prepare_thermal_set.py.
_base_ = 'infmae_tiny_1xb64-200e_inf30-128.py'

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
images = dict(type='InfraredImages', pipeline=pipeline)
lists = 'data/thermal_start'
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
                dataset=dict(data_root=f'{lists}/aerial.txt', **images),
            ),
            dict(
                type='RepeatDataset',
                times=10,
                dataset=dict(data_root=f'{lists}/barn.txt', **images),
            ),
            dict(
                type='RepeatDataset',
                times=50,
                dataset=dict(data_root=f'{lists}/raw16.txt', **images),
            ),
            dict(data_root=f'{lists}/solar.txt', **images),
        ],
    ),
)
held_out = dict(data_root=f'{lists}/held_out.txt', subset='all')
val_dataloader = dict(dataset=held_out)
test_dataloader = dict(dataset=held_out)

train_cfg = dict(max_epochs=15, val_interval=1)
_base_.param_scheduler[0].end = 1
_base_.param_scheduler[1].update(begin=1, end=15)
