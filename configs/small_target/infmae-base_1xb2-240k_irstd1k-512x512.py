# Section 5.4 of the paper, with a head of this project: batches of 2, AdamW.
_base_ = [
    '../_base_/models/small_target_infmae-base.py',
    '../_base_/datasets/irstd1k_512x512.py',
    '../_base_/schedules/small_target_240k.py',
]
