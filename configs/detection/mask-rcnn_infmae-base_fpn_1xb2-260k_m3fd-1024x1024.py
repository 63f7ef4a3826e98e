# Table 2 of the paper: Mask R-CNN, from a pre-trained InfMAE.
_base_ = [
    '../_base_/models/mask-rcnn_infmae-base_fpn.py',
    '../_base_/datasets/m3fd_1024x1024.py',
    '../_base_/schedules/detection_260k.py',
]

# M3FD has boxes only: the mask branch is off. ..._coco-masks.py keeps it.
model = dict(roi_head=dict(mask_roi_extractor=None, mask_head=None))
