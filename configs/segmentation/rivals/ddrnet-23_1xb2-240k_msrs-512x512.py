# Table 1 of the paper: DDRNet-23.
_base_ = [
    '../../_base_/models/ddrnet-23.py',
    '../../_base_/datasets/msrs_512x512.py',
    '../../_base_/schedules/segmentation_240k_one-rate.py',
]
