# Table 3 of the paper: small targets on IRSTD-1k. The paper's head is another
# one, and so may be its definitions of the measures. Other places of the sets:
# --plan-options labelled=IRSTD-1k unlabelled=Inf30
_base_ = '_paper.py'

title = 'Table 3: IRSTD-1k'
reference = 'infmae'
measures = {
    name: dict(title=name, factor=100) for name in ('Pd', 'AUC', 'F1', 'IoU')
}
rows = {
    'dnanet': dict(
        title='DNANet',
        config='small_target/dnanet_1xb2-240k_irstd1k-512x512.py',
        paper={'Pd': 89.6, 'AUC': 87.8, 'F1': 76.4, 'IoU': 61.8},
    ),
    'unet': dict(
        title='UNet',
        config='small_target/unet_1xb2-240k_irstd1k-512x512.py',
    ),
    'mshnet': dict(
        title='MSHNet',
        config='small_target/mshnet_1xb2-240k_irstd1k-512x512.py',
    ),
    'acm': dict(
        title='ACM',
        config='small_target/acm_1xb2-240k_irstd1k-512x512.py',
    ),
    'lpnetga': dict(
        title='LPNetGA',
        config='small_target/lpnetga_1xb2-240k_irstd1k-512x512.py',
        paper={'Pd': 77.1, 'AUC': 60.6, 'F1': 50.8, 'IoU': 34.1},
    ),
    # in place of the paper's ISTR, whose code is not public
    'transunet': dict(
        title='TransUNet',
        config='small_target/transunet_1xb2-240k_irstd1k-512x512.py',
    ),
    'scratch': dict(
        title='Scratch',
        config='small_target/infmae-base_1xb2-240k_irstd1k-512x512.py',
        scratch=True,
        paper={'Pd': 86.1, 'AUC': 86.1, 'F1': 72.6, 'IoU': 57.0},
    ),
    'mae': dict(
        title='MAE',
        config='small_target/rivals/mae-base_1xb2-240k_irstd1k-512x512.py',
        pretraining='mae',
        paper={'Pd': 86.8, 'AUC': 86.8, 'F1': 72.8, 'IoU': 57.2},
    ),
    'mcmae': dict(
        title='MCMAE',
        config='small_target/infmae-base_1xb2-240k_irstd1k-512x512.py',
        pretraining='mcmae',
        paper={'Pd': 74.2, 'AUC': 90.8, 'F1': 78.4, 'IoU': 64.5},
    ),
    'um-mae': dict(
        title='UM-MAE',
        config='small_target/rivals/um-mae-small_1xb2-240k_irstd1k-512x512.py',
        pretraining='um-mae',
        paper={'Pd': 99.6, 'AUC': 88.9, 'F1': 73.5, 'IoU': 58.1},
    ),
    'infmae': dict(
        title='InfMAE',
        config='small_target/infmae-base_1xb2-240k_irstd1k-512x512.py',
        pretraining='infmae',
        paper={'Pd': 96.6, 'AUC': 91.2, 'F1': 79.5, 'IoU': 66.0},
    ),
}
