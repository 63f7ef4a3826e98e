# Mask R-CNN on the ViT of MAE.
_base_ = ['mmdet::_base_/models/mask-rcnn_r50_fpn.py', 'mae-base_fpn.py']

model = dict(
    **_base_.mae_fpn,
    roi_head=dict(
        bbox_head=dict(num_classes=6),
        mask_head=dict(num_classes=6),
    ),
)
