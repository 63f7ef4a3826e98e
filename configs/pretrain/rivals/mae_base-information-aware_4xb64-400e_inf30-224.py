# Table 4 of the paper: information-aware masking without the multi-scale
# encoder. All else is MAE.
_base_ = 'mae_base_4xb64-400e_inf30-224.py'

model = dict(
    backbone=dict(
        masking=dict(_delete_=True, type='InformationAwareMasking', stride=4)
    )
)
