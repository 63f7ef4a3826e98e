# InfMAE under mmpretrain's classifier: the mean of F3, and a linear layer.
default_scope = 'mmpretrain'
# The one list of imports of the classification configs: two files of a
# config cannot both have one.
custom_imports = dict(
    imports=[
        'infmae_mm.classification',
        'infmae_mm.engine',
        'infmae_mm.thermal',
    ]
)

model = dict(
    type='ImageClassifier',
    data_preprocessor=dict(
        # Those of pre-training: 0.425 and 0.200 of 255.
        mean=[108.375] * 3,
        std=[51.0] * 3,
        to_rgb=False,
    ),
    backbone=dict(
        type='InfMAE',
        arch='base',
        # F4 is not part of pre-training: the last map is F3.
        out_indices=(2,),
        drop_path_rate=0.1,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/infmae_base_4xb64-400e_inf30-224/'
            'epoch_400.pth',
        ),
    ),
    # Blocks end without a norm: the features have any scale.
    neck=[
        dict(type='GlobalAveragePooling'),
        dict(type='ClsBatchNormNeck', input_features=768),
    ],
    head=dict(
        type='LinearClsHead',
        num_classes=2,
        in_channels=768,
        loss=dict(type='CrossEntropyLoss'),
        topk=(1,),
    ),
)
