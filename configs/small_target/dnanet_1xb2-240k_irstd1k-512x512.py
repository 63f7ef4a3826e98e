# A rival: another network, and all else as for InfMAE. DNANet's authors train
# it otherwise: with Adagrad at 0.05, on soft IoU alone.
_base_ = [
    '../_base_/models/small_target_dnanet.py',
    '../_base_/datasets/irstd1k_512x512.py',
    '../_base_/schedules/small_target_240k.py',
]
