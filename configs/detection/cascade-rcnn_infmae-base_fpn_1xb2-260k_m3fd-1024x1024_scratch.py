# Table 2 of the paper: "Sup. (Scratch)".
_base_ = 'cascade-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py'
model = dict(backbone=dict(init_cfg=dict(checkpoint=None)))
