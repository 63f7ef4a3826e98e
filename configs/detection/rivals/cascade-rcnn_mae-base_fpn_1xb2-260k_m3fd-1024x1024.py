# Table 2 of the paper: vanilla MAE, Cascade R-CNN.
_base_ = [
    '../../_base_/models/cascade-rcnn_mae-base_fpn.py',
    '../../_base_/datasets/m3fd_1024x1024.py',
    '../../_base_/schedules/detection_260k.py',
]
