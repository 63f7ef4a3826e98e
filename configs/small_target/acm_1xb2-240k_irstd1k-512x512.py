# ACM; all else as for InfMAE.
_base_ = [
    '../_base_/models/small_target_acm.py',
    '../_base_/datasets/irstd1k_512x512.py',
    '../_base_/schedules/small_target_240k.py',
]
