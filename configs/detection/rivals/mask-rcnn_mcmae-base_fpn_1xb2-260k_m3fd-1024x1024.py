# Table 2 of the paper: MCMAE, whose encoder is that of InfMAE.
_base_ = '../mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py'

model = dict(
    backbone=dict(
        init_cfg=dict(
            checkpoint='work_dirs/mcmae_base_4xb64-400e_inf30-224/'
            'epoch_400.pth'
        )
    )
)
