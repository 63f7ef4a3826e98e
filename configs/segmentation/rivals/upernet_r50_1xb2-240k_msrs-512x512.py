# Table 1 of the paper: UperNet with ResNet-50.
_base_ = [
    '../../_base_/models/upernet_r50.py',
    '../../_base_/datasets/msrs_512x512.py',
    '../../_base_/schedules/segmentation_240k_one-rate.py',
]
