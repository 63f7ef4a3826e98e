# Table 2 of the paper: vanilla MAE, Mask R-CNN.
_base_ = [
    '../../_base_/models/mask-rcnn_mae-base_fpn.py',
    '../../_base_/datasets/m3fd_1024x1024.py',
    '../../_base_/schedules/detection_260k.py',
]

# M3FD has boxes only: the mask branch is off.
model = dict(roi_head=dict(mask_roi_extractor=None, mask_head=None))
