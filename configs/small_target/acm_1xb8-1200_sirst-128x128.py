# ACM, at its full size.
_base_ = [
    '../_base_/models/small_target_acm.py',
    '../_base_/datasets/sirst_128x128.py',
    '../_base_/schedules/small_target_1200.py',
]

model = dict(data_preprocessor=dict(size=(128, 128)))
