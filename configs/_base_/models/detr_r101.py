# DETR with ResNet-101, as mmdet has it, on our images and classes.
# mmdet's file has data and a schedule too: its model alone is taken.
_base_ = 'infmae-base_fpn.py'

import mmengine  # noqa: E402

upstream = mmengine.Config.fromfile(
    f'{mmengine.utils.get_installed_path("mmdet")}/.mim/configs/'
    'detr/detr_r101_8xb2-500e_coco.py'
)
model = upstream.model
model.data_preprocessor.update(
    mean=[108.375] * 3, std=[51.0] * 3, bgr_to_rgb=False
)
model.bbox_head.num_classes = 6
del upstream
