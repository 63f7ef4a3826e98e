# Tables 4 to 8 of the paper and its section 5.6: M3FD, Mask R-CNN.
# Some of them: --rows infmae decoder4 decoder8 decoder12. The sets:
# data/Inf30 (Inf10 and Inf15 are samples of it), data/Inf50, data/IN1K-30.
title = 'Ablations: M3FD, Mask R-CNN'
reference = 'infmae'
measures = {
    'coco/bbox_mAP': dict(title='mAP', factor=100),
    'coco/bbox_mAP_50': dict(title='AP50', factor=100),
}
pretrainings = {
    'mae': dict(config='pretrain/rivals/mae_base_4xb64-400e_inf30-224.py'),
    'mae-information-aware': dict(
        config='pretrain/rivals/mae_base-information-aware_4xb64-400e_inf30-224.py'
    ),
    'mcmae': dict(config='pretrain/rivals/mcmae_base_4xb64-400e_inf30-224.py'),
    'random': dict(
        config='pretrain/infmae_base-random_4xb64-400e_inf30-224.py'
    ),
    'infmae': dict(config='pretrain/infmae_base_4xb64-400e_inf30-224.py'),
    'top': dict(config='pretrain/infmae_base-top_4xb64-400e_inf30-224.py'),
    'decoder4': dict(
        config='pretrain/infmae_base-decoder4_4xb64-400e_inf30-224.py'
    ),
    'decoder8': dict(
        config='pretrain/infmae_base-decoder8_4xb64-400e_inf30-224.py'
    ),
    'decoder12': dict(
        config='pretrain/infmae_base-decoder12_4xb64-400e_inf30-224.py'
    ),
    'stride2': dict(
        config='pretrain/infmae_base-stride2_4xb64-400e_inf30-224.py'
    ),
    'stride7': dict(
        config='pretrain/infmae_base-stride7_4xb64-400e_inf30-224.py'
    ),
    'stride14': dict(
        config='pretrain/infmae_base-stride14_4xb64-400e_inf30-224.py'
    ),
    '200e': dict(config='pretrain/infmae_base_4xb64-200e_inf30-224.py'),
    '800e': dict(config='pretrain/infmae_base_4xb64-800e_inf30-224.py'),
    '1600e': dict(config='pretrain/infmae_base_4xb64-1600e_inf30-224.py'),
    'inf10': dict(config='pretrain/infmae_base_4xb64-400e_inf10-224.py'),
    'inf15': dict(config='pretrain/infmae_base_4xb64-400e_inf15-224.py'),
    'inf50': dict(config='pretrain/infmae_base_4xb64-400e_inf50-224.py'),
    'visible': dict(
        config='pretrain/rivals/mae_base_4xb64-400e_in1k30-224.py'
    ),
}
rows = {
    'mae': dict(
        title='MAE (random masking, one scale)',
        config='detection/rivals/mask-rcnn_mae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='mae',
        paper={'coco/bbox_mAP_50': 81.5, 'coco/bbox_mAP': 49.1},
    ),
    'mae-information-aware': dict(
        title='MAE with information-aware masking',
        config='detection/rivals/mask-rcnn_mae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='mae-information-aware',
        paper={'coco/bbox_mAP_50': 78.9, 'coco/bbox_mAP': 50.1},
    ),
    'mcmae': dict(
        title='MCMAE',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='mcmae',
    ),
    'random': dict(
        title='InfMAE with random masking',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='random',
        paper={'coco/bbox_mAP_50': 86.3, 'coco/bbox_mAP': 55.0},
    ),
    'infmae': dict(
        title='InfMAE',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='infmae',
        paper={'coco/bbox_mAP_50': 88.1, 'coco/bbox_mAP': 56.2},
    ),
    'top': dict(
        title='InfMAE, masking of DuGI-MAE',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='top',
    ),
    'decoder4': dict(
        title='decoder of 4 blocks',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='decoder4',
        paper={'coco/bbox_mAP_50': 87.9, 'coco/bbox_mAP': 55.6},
    ),
    'decoder8': dict(
        title='decoder of 8 blocks',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='decoder8',
        paper={'coco/bbox_mAP_50': 87.6, 'coco/bbox_mAP': 53.8},
    ),
    'decoder12': dict(
        title='decoder of 12 blocks',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='decoder12',
        paper={'coco/bbox_mAP_50': 87.2, 'coco/bbox_mAP': 54.1},
    ),
    'stride2': dict(
        title='stride 2',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='stride2',
        paper={'coco/bbox_mAP_50': 89.3, 'coco/bbox_mAP': 56.1},
    ),
    'stride7': dict(
        title='stride 7',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='stride7',
        paper={'coco/bbox_mAP_50': 88.0, 'coco/bbox_mAP': 54.9},
    ),
    'stride14': dict(
        title='stride 14',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='stride14',
        paper={'coco/bbox_mAP': 54.3},
    ),
    '200e': dict(
        title='200 epochs',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='200e',
        paper={'coco/bbox_mAP_50': 87.4, 'coco/bbox_mAP': 55.4},
    ),
    '800e': dict(
        title='800 epochs',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='800e',
        paper={'coco/bbox_mAP_50': 88.3, 'coco/bbox_mAP': 55.9},
    ),
    '1600e': dict(
        title='1600 epochs',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='1600e',
        paper={'coco/bbox_mAP_50': 88.2, 'coco/bbox_mAP': 56.0},
    ),
    'inf10': dict(
        title='Inf10',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='inf10',
        paper={'coco/bbox_mAP_50': 86.9, 'coco/bbox_mAP': 55.0},
    ),
    'inf15': dict(
        title='Inf15',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='inf15',
        paper={'coco/bbox_mAP': 55.6},
    ),
    'inf50': dict(
        title='Inf50',
        config='detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='inf50',
        paper={'coco/bbox_mAP_50': 87.3, 'coco/bbox_mAP': 55.8},
    ),
    'visible': dict(
        title='MAE on visible images',
        config='detection/rivals/mask-rcnn_mae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
        pretraining='visible',
        paper={'coco/bbox_mAP_50': 78.2},
    ),
}
