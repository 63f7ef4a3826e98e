# Table 1 of the paper: segmentation on MSRS. Other places of the sets:
# --plan-options labelled=MSRS unlabelled=Inf30
_base_ = '_paper.py'

title = 'Table 1: MSRS'
reference = 'infmae_upernet'
measures = dict(mIoU=dict(title='mIoU'), mAcc=dict(title='mAcc'))
rows = {
    'upernet': dict(
        title='UperNet, R50',
        config='segmentation/rivals/upernet_r50_1xb2-240k_msrs-512x512.py',
        paper={'mIoU': 65.6, 'mAcc': 74.7},
    ),
    'deeplabv3plus': dict(
        title='DeepLabV3+, R50',
        config='segmentation/rivals/deeplabv3plus_r50-d8_1xb2-240k_msrs-512x512.py',
        paper={'mIoU': 65.2, 'mAcc': 73.8},
    ),
    'dnl': dict(
        title='DNLNet, R101',
        config='segmentation/rivals/dnl_r101-d8_1xb2-240k_msrs-512x512.py',
        paper={'mIoU': 67.0, 'mAcc': 75.7},
    ),
    'ddrnet': dict(
        title='DDRNet-23',
        config='segmentation/rivals/ddrnet-23_1xb2-240k_msrs-512x512.py',
        paper={'mIoU': 67.3, 'mAcc': 73.3},
    ),
    'scratch_fcn': dict(
        title='Scratch, FCN',
        config='segmentation/infmae-base_fcn_1xb2-240k_msrs-512x512.py',
        scratch=True,
        paper={'mIoU': 56.5, 'mAcc': 63.4},
    ),
    'mae_fcn': dict(
        title='MAE, FCN',
        config='segmentation/rivals/mae-base_fcn_1xb2-240k_msrs-512x512.py',
        pretraining='mae',
        paper={'mIoU': 64.1, 'mAcc': 71.6},
    ),
    'um-mae_fcn': dict(
        title='UM-MAE, FCN',
        config='segmentation/rivals/um-mae-small_fcn_1xb2-240k_msrs-512x512.py',
        pretraining='um-mae',
        paper={'mIoU': 62.4, 'mAcc': 70.1},
    ),
    'mcmae_fcn': dict(
        title='MCMAE, FCN',
        config='segmentation/infmae-base_fcn_1xb2-240k_msrs-512x512.py',
        pretraining='mcmae',
        paper={'mIoU': 70.6, 'mAcc': 78.7},
    ),
    'infmae_fcn': dict(
        title='InfMAE, FCN',
        config='segmentation/infmae-base_fcn_1xb2-240k_msrs-512x512.py',
        pretraining='infmae',
        paper={'mIoU': 72.0, 'mAcc': 80.0},
    ),
    'scratch_upernet': dict(
        title='Scratch, UperNet',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        scratch=True,
        paper={'mIoU': 61.1, 'mAcc': 61.1},
    ),
    'mae_upernet': dict(
        title='MAE, UperNet',
        config='segmentation/rivals/mae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='mae',
        paper={'mIoU': 71.4, 'mAcc': 78.2},
    ),
    'um-mae_upernet': dict(
        title='UM-MAE, UperNet',
        config='segmentation/rivals/um-mae-small_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='um-mae',
        paper={'mIoU': 68.8, 'mAcc': 76.3},
    ),
    'mcmae_upernet': dict(
        title='MCMAE, UperNet',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='mcmae',
        paper={'mIoU': 72.1, 'mAcc': 79.8},
    ),
    'infmae_upernet': dict(
        title='InfMAE, UperNet',
        config='segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py',
        pretraining='infmae',
        paper={'mIoU': 74.3, 'mAcc': 82.5},
    ),
}
