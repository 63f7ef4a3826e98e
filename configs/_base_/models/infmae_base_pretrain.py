# InfMAE as in section 5.1 of the paper. The decoder has 16 heads: 12, as the
# paper says, do not divide 512.
default_scope = 'mmpretrain'
# The one list of imports of the pre-training configs: two files of a config
# cannot both have one.
custom_imports = dict(
    imports=['infmae_mm.engine', 'infmae_mm.pretrain', 'infmae_mm.thermal']
)

model = dict(
    type='InfMAEPretrainer',
    data_preprocessor=dict(
        # 0.425 and 0.200 of 255
        type='InfraredDataPreprocessor',
        mean=108.375,
        std=51.0,
        in_channels=3,
    ),
    backbone=dict(
        type='InfMAEPretrainEncoder',
        arch='base',
        img_size=224,
        in_channels=3,
        masking=dict(type='InformationAwareMasking', stride=4),
    ),
    neck=dict(
        type='InfMAEPretrainDecoder',
        in_channels=3,
        embed_dims=768,
        decoder_embed_dims=512,
        decoder_depth=2,
        decoder_num_heads=16,
    ),
    head=dict(type='InfMAEPretrainHead', norm_pix=False),
)
