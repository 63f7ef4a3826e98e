# Tables 4 to 8 of the paper and its section 5.6: MSRS, UperNet.
_base_ = '_ablations.py'

title = 'Ablations: MSRS, UperNet'
measures = dict(mIoU=dict(title='mIoU'), mAcc=dict(title='mAcc'))
config = 'segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py'
_mae = 'segmentation/rivals/mae-base_upernet_1xb2-240k_msrs-512x512.py'
rows = {
    'mae': dict(config=_mae, paper={'mIoU': 71.4, 'mAcc': 78.2}),
    'mae-information-aware': dict(
        config=_mae,
        paper={'mIoU': 72.0, 'mAcc': 79.4},
    ),
    'random': dict(paper={'mIoU': 72.1, 'mAcc': 79.8}),
    'infmae': dict(paper={'mIoU': 74.3, 'mAcc': 82.5}),
    'decoder4': dict(paper={'mIoU': 72.9, 'mAcc': 80.4}),
    'decoder8': dict(paper={'mIoU': 73.2, 'mAcc': 80.7}),
    'decoder12': dict(paper={'mIoU': 74.0, 'mAcc': 81.9}),
    'stride2': dict(paper={'mIoU': 74.2, 'mAcc': 82.0}),
    'stride7': dict(paper={'mIoU': 71.8, 'mAcc': 79.9}),
    'stride14': dict(paper={'mIoU': 70.4}),
    '200e': dict(paper={'mIoU': 71.3, 'mAcc': 78.9}),
    '800e': dict(paper={'mIoU': 74.9, 'mAcc': 83.1}),
    '1600e': dict(paper={'mIoU': 74.9, 'mAcc': 83.2}),
    'inf10': dict(paper={'mIoU': 69.1, 'mAcc': 77.6}),
    'inf15': dict(paper={'mIoU': 73.0}),
    'inf50': dict(paper={'mIoU': 73.0, 'mAcc': 80.5}),
    'visible': dict(config=_mae, paper={'mIoU': 66.7}),
}
