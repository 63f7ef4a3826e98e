# Tables 4 to 8 of the paper and its section 5.6: M3FD, Mask R-CNN.
_base_ = '_ablations.py'

title = 'Ablations: M3FD, Mask R-CNN'
measures = {
    'coco/bbox_mAP': dict(title='mAP', factor=100),
    'coco/bbox_mAP_50': dict(title='AP50', factor=100),
}
config = 'detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py'
_mae = 'detection/rivals/mask-rcnn_mae-base_fpn_1xb2-260k_m3fd-1024x1024.py'
rows = {
    'mae': dict(
        config=_mae,
        paper={'coco/bbox_mAP_50': 81.5, 'coco/bbox_mAP': 49.1},
    ),
    'mae-information-aware': dict(
        config=_mae,
        paper={'coco/bbox_mAP_50': 78.9, 'coco/bbox_mAP': 50.1},
    ),
    'random': dict(paper={'coco/bbox_mAP_50': 86.3, 'coco/bbox_mAP': 55.0}),
    'infmae': dict(paper={'coco/bbox_mAP_50': 88.1, 'coco/bbox_mAP': 56.2}),
    'decoder4': dict(paper={'coco/bbox_mAP_50': 87.9, 'coco/bbox_mAP': 55.6}),
    'decoder8': dict(paper={'coco/bbox_mAP_50': 87.6, 'coco/bbox_mAP': 53.8}),
    'decoder12': dict(paper={'coco/bbox_mAP_50': 87.2, 'coco/bbox_mAP': 54.1}),
    'stride2': dict(paper={'coco/bbox_mAP_50': 89.3, 'coco/bbox_mAP': 56.1}),
    'stride7': dict(paper={'coco/bbox_mAP_50': 88.0, 'coco/bbox_mAP': 54.9}),
    'stride14': dict(paper={'coco/bbox_mAP': 54.3}),
    '200e': dict(paper={'coco/bbox_mAP_50': 87.4, 'coco/bbox_mAP': 55.4}),
    '800e': dict(paper={'coco/bbox_mAP_50': 88.3, 'coco/bbox_mAP': 55.9}),
    '1600e': dict(paper={'coco/bbox_mAP_50': 88.2, 'coco/bbox_mAP': 56.0}),
    'inf10': dict(paper={'coco/bbox_mAP_50': 86.9, 'coco/bbox_mAP': 55.0}),
    'inf15': dict(paper={'coco/bbox_mAP': 55.6}),
    'inf50': dict(paper={'coco/bbox_mAP_50': 87.3, 'coco/bbox_mAP': 55.8}),
    'visible': dict(config=_mae, paper={'coco/bbox_mAP_50': 78.2}),
}
