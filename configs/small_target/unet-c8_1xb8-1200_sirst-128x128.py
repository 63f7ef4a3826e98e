# mmseg's UNet with an eighth of its channels, at the size of a CPU.
_base_ = [
    '../_base_/models/small_target_unet.py',
    '../_base_/datasets/sirst_128x128.py',
    '../_base_/schedules/small_target_1200.py',
]

model = dict(
    data_preprocessor=dict(size=(128, 128)),
    backbone=dict(base_channels=8),
    decode_head=dict(in_channels=8, channels=8),
)
