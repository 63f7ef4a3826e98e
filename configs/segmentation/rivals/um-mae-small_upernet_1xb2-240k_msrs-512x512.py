# Table 1 of the paper: UM-MAE, UperNet.
_base_ = [
    '../../_base_/models/upernet_um-mae-small.py',
    '../../_base_/datasets/msrs_512x512.py',
    '../../_base_/schedules/segmentation_240k.py',
]
