# Not in the paper: the masking of DuGI-MAE (AAAI 2026). The quarter of the
# patches that has the highest entropy is visible.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

model = dict(backbone=dict(masking=dict(score='entropy', sampling='top')))
