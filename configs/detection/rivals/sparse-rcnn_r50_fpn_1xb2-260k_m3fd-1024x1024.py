# Table 2 of the paper: Sparse R-CNN with ResNet-50.
_base_ = [
    '../../_base_/models/sparse-rcnn_r50_fpn.py',
    '../../_base_/datasets/m3fd_1024x1024.py',
    '../../_base_/schedules/detection_260k.py',
]

# As upstream.
optim_wrapper = dict(clip_grad=dict(max_norm=1, norm_type=2))
