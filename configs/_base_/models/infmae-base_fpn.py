# What the detectors of section 5.3 of the paper have in common: an InfMAE
# backbone under mmdet's FPN.
default_scope = 'mmdet'
# The one list of imports of the detection configs: two files of a config
# cannot both have one.
custom_imports = dict(
    imports=['infmae_mm.detection', 'infmae_mm.engine', 'infmae_mm.thermal']
)

infmae_fpn = dict(
    data_preprocessor=dict(
        # Those of pre-training: 0.425 and 0.200 of 255.
        mean=[108.375] * 3,
        std=[51.0] * 3,
        bgr_to_rgb=False,
        # To 1024x1024, in training and testing: the position embedding is
        # stretched over the padded image. Boxes stay in the image itself.
        pad_size_divisor=1024,
    ),
    backbone=dict(
        _delete_=True,
        type='InfMAE',
        arch='base',
        drop_path_rate=0.1,
        # Windows as MCMAE has them at this size; the paper does not say.
        # Attention over the whole map: window_size=None, global_indices=().
        window_size=16,
        global_indices=(0, 3, 6, 10),
        # True saves memory, and computes the forward pass twice.
        with_cp=False,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/infmae_base_4xb64-400e_inf30-224/'
            'epoch_400.pth',
        ),
    ),
    neck=dict(in_channels=[256, 384, 768, 768]),
)
