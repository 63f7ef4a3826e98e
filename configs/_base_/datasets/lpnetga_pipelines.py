# LPNetGA sees the whole image at 120x120, in grey, as in its paper.
lpnetga_train_pipeline = [
    dict(type='LoadThermalImage', channels=1),
    dict(type='LoadTargetMask'),
    dict(type='Resize', scale=(120, 120), keep_ratio=False),
    dict(type='RandomRotFlip', rotate_prob=0.0, flip_prob=0.5),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
lpnetga_test_pipeline = [
    dict(type='LoadThermalImage', channels=1),
    dict(type='LoadTargetMask'),
    dict(type='PackSegInputs'),
]
