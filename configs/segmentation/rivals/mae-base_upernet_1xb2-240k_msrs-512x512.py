# Table 1 of the paper: vanilla MAE, UperNet.
_base_ = [
    '../../_base_/models/upernet_mae-base.py',
    '../../_base_/datasets/msrs_512x512.py',
    '../../_base_/schedules/segmentation_240k.py',
]
