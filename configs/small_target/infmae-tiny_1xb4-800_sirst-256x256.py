# A comparison of starts and networks at the size of a CPU.
_base_ = [
    '../_base_/models/small_target_infmae-base.py',
    '../_base_/datasets/sirst_256x256.py',
    '../_base_/schedules/small_target_800.py',
]

model = dict(
    data_preprocessor=dict(size=(256, 256)),
    backbone=dict(
        arch='tiny',
        init_cfg=dict(checkpoint='infmae_mm://tiny-thermal'),
    ),
    decode_head=dict(in_channels=(3, 32, 48, 64, 64), channels=16),
)
train_dataloader = dict(batch_size=4, num_workers=1, pin_memory=False)
val_dataloader = dict(num_workers=1, pin_memory=False)
test_dataloader = val_dataloader
