# Table 1 of the paper: UperNet, from a pre-trained InfMAE.
_base_ = [
    '../_base_/models/upernet_infmae-base.py',
    '../_base_/datasets/msrs_512x512.py',
    '../_base_/schedules/segmentation_240k.py',
]
