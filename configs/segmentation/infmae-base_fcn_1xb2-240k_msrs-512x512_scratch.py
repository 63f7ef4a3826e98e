# Table 1 of the paper: "Sup. (Scratch)".
_base_ = 'infmae-base_fcn_1xb2-240k_msrs-512x512.py'
model = dict(backbone=dict(init_cfg=dict(checkpoint=None)))
