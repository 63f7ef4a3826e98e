# Cascade R-CNN on the ViT of MAE.
_base_ = ['mmdet::_base_/models/cascade-rcnn_r50_fpn.py', 'mae-base_fpn.py']

model = dict(
    **_base_.mae_fpn,
    roi_head=dict(
        bbox_head=[
            dict(stage, num_classes=6)
            for stage in _base_.model.roi_head.bbox_head
        ]
    ),
)
