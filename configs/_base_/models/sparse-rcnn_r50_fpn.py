# Sparse R-CNN with ResNet-50, as mmdet has it, on our images and classes.
# mmdet's file has data and a schedule too: its model alone is taken.
_base_ = 'infmae-base_fpn.py'

import mmengine  # noqa: E402

upstream = mmengine.Config.fromfile(
    f'{mmengine.utils.get_installed_path("mmdet")}/.mim/configs/'
    'sparse_rcnn/sparse-rcnn_r50_fpn_1x_coco.py'
)
model = upstream.model
model.data_preprocessor.update(
    mean=[108.375] * 3, std=[51.0] * 3, bgr_to_rgb=False
)
model.roi_head.bbox_head = [
    dict(stage, num_classes=6) for stage in model.roi_head.bbox_head
]
del upstream
