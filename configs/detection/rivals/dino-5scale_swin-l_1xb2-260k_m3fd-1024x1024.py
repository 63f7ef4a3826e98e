# Table 2 of the paper: DINO with Swin-L.
_base_ = [
    '../../_base_/models/dino-5scale_swin-l.py',
    '../../_base_/datasets/m3fd_1024x1024.py',
    '../../_base_/schedules/detection_260k.py',
]

# As upstream.
optim_wrapper = dict(clip_grad=dict(max_norm=0.1, norm_type=2))
