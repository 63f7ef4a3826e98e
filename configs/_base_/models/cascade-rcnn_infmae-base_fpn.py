# Cascade R-CNN with an InfMAE backbone, as in section 5.3 of the paper, on
# mmdet's own base config.
_base_ = ['mmdet::_base_/models/cascade-rcnn_r50_fpn.py', 'infmae-base_fpn.py']

model = dict(
    **_base_.infmae_fpn,
    roi_head=dict(
        bbox_head=[
            dict(stage, num_classes=6)
            for stage in _base_.model.roi_head.bbox_head
        ]
    ),
)
