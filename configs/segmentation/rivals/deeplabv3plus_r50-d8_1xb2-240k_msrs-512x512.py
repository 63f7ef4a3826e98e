# Table 1 of the paper: DeepLabV3+ with ResNet-50.
_base_ = [
    '../../_base_/models/deeplabv3plus_r50-d8.py',
    '../../_base_/datasets/msrs_512x512.py',
    '../../_base_/schedules/segmentation_240k_one-rate.py',
]
