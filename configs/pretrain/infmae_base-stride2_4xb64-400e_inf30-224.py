# Table 6 of the paper: every 2nd patch is visible.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

model = dict(backbone=dict(masking=dict(stride=2)))
