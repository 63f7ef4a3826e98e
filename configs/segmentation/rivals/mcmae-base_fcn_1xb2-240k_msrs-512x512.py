# Table 1 of the paper: MCMAE, whose encoder is that of InfMAE.
_base_ = '../infmae-base_fcn_1xb2-240k_msrs-512x512.py'

model = dict(
    backbone=dict(
        init_cfg=dict(
            checkpoint='work_dirs/mcmae_base_4xb64-400e_inf30-224/'
            'epoch_400.pth'
        )
    )
)
