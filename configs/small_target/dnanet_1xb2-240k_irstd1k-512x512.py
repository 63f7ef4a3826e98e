# A rival: another network, and all else as for InfMAE. DNANet's authors train
# it otherwise: crops of 256, batches of 16, 1500 epochs.
_base_ = [
    '../_base_/models/small_target_dnanet.py',
    '../_base_/datasets/irstd1k_512x512.py',
    '../_base_/schedules/small_target_240k.py',
]
