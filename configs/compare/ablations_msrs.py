# Tables 4 to 8 of the paper and its section 5.6: MSRS, UperNet.
# Some of them: --rows infmae decoder4 decoder8 decoder12. The sets:
# data/Inf30 (Inf10 and Inf15 are samples of it), data/Inf50, data/IN1K-30.
title = 'Ablations: MSRS, UperNet'
reference = 'infmae'
measures = dict(mIoU=dict(title='mIoU'), mAcc=dict(title='mAcc'))
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
        config='segmentation/rivals/mae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='mae',
        paper={'mIoU': 71.4, 'mAcc': 78.2},
    ),
    'mae-information-aware': dict(
        title='MAE with information-aware masking',
        config='segmentation/rivals/mae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='mae-information-aware',
        paper={'mIoU': 72.0, 'mAcc': 79.4},
    ),
    'mcmae': dict(
        title='MCMAE',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='mcmae',
    ),
    'random': dict(
        title='InfMAE with random masking',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='random',
        paper={'mIoU': 72.1, 'mAcc': 79.8},
    ),
    'infmae': dict(
        title='InfMAE',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='infmae',
        paper={'mIoU': 74.3, 'mAcc': 82.5},
    ),
    'top': dict(
        title='InfMAE, masking of DuGI-MAE',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='top',
    ),
    'decoder4': dict(
        title='decoder of 4 blocks',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='decoder4',
        paper={'mIoU': 72.9, 'mAcc': 80.4},
    ),
    'decoder8': dict(
        title='decoder of 8 blocks',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='decoder8',
        paper={'mIoU': 73.2, 'mAcc': 80.7},
    ),
    'decoder12': dict(
        title='decoder of 12 blocks',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='decoder12',
        paper={'mIoU': 74.0, 'mAcc': 81.9},
    ),
    'stride2': dict(
        title='stride 2',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='stride2',
        paper={'mIoU': 74.2, 'mAcc': 82.0},
    ),
    'stride7': dict(
        title='stride 7',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='stride7',
        paper={'mIoU': 71.8, 'mAcc': 79.9},
    ),
    'stride14': dict(
        title='stride 14',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='stride14',
        paper={'mIoU': 70.4},
    ),
    '200e': dict(
        title='200 epochs',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='200e',
        paper={'mIoU': 71.3, 'mAcc': 78.9},
    ),
    '800e': dict(
        title='800 epochs',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='800e',
        paper={'mIoU': 74.9, 'mAcc': 83.1},
    ),
    '1600e': dict(
        title='1600 epochs',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='1600e',
        paper={'mIoU': 74.9, 'mAcc': 83.2},
    ),
    'inf10': dict(
        title='Inf10',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='inf10',
        paper={'mIoU': 69.1, 'mAcc': 77.6},
    ),
    'inf15': dict(
        title='Inf15',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='inf15',
        paper={'mIoU': 73.0},
    ),
    'inf50': dict(
        title='Inf50',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='inf50',
        paper={'mIoU': 73.0, 'mAcc': 80.5},
    ),
    'visible': dict(
        title='MAE on visible images',
        config='segmentation/rivals/mae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='visible',
        paper={'mIoU': 66.7},
    ),
}
