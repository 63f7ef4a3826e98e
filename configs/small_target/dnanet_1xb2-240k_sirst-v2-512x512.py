# DNANet as published, but for the schedule; all else as for InfMAE.
_base_ = [
    '../_base_/models/small_target_dnanet.py',
    '../_base_/datasets/sirst-v2_512x512.py',
    '../_base_/schedules/small_target_240k.py',
]
