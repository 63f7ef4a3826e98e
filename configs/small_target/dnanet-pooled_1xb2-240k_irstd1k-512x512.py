# DNANet by the formulas of its paper; all else as for InfMAE.
_base_ = [
    '../_base_/models/small_target_dnanet-pooled.py',
    '../_base_/datasets/irstd1k_512x512.py',
    '../_base_/schedules/small_target_240k.py',
]
