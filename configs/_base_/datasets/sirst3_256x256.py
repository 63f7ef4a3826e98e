# SIRST3: SIRST, NUDT-SIRST and IRSTD-1k together, which many published figures
# were trained on. Measured on SIRST; on the others by their own configs.
_base_ = 'sirst_256x256.py'

pipeline = _base_.train_pipeline
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='ConcatDataset',
        datasets=[
            dict(
                type='SIRSTDataset',
                data_root='data/sirst',
                ann_file='train.txt',
                pipeline=pipeline,
            ),
            dict(
                type='NUDTSIRSTDataset',
                data_root='data/NUDT-SIRST',
                ann_file='50_50/train.txt',
                pipeline=pipeline,
            ),
            dict(
                type='IRSTD1kDataset',
                data_root='data/IRSTD-1k',
                ann_file='trainval.txt',
                pipeline=pipeline,
            ),
        ],
    )
)
