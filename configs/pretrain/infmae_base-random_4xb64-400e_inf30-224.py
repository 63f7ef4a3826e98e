# Table 4 of the paper: random masking in place of information-aware masking.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

model = dict(
    backbone=dict(
        masking=dict(_delete_=True, type='RandomMasking', mask_ratio=0.75)
    )
)
