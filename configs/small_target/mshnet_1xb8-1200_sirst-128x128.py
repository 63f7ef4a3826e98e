# MSHNet, at its full size. Five epochs of SIRST are 160 batches.
_base_ = [
    '../_base_/models/small_target_mshnet.py',
    '../_base_/datasets/sirst_128x128.py',
    '../_base_/schedules/small_target_1200.py',
]

model = dict(
    data_preprocessor=dict(size=(128, 128)), decode_head=dict(warm_up=160)
)
