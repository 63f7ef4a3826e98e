# Table 1 of the paper: UM-MAE, FCN.
_base_ = [
    '../../_base_/models/fcn_um-mae-small.py',
    '../../_base_/datasets/msrs_512x512.py',
    '../../_base_/schedules/segmentation_240k.py',
]
