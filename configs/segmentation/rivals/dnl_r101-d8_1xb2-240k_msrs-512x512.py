# Table 1 of the paper: DNLNet with ResNet-101.
_base_ = [
    '../../_base_/models/dnl_r101-d8.py',
    '../../_base_/datasets/msrs_512x512.py',
    '../../_base_/schedules/segmentation_240k_one-rate.py',
]
