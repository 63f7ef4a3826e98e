# Not in the paper: the recipe of 'base' for the small network.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

model = dict(backbone=dict(arch='small'), neck=dict(embed_dims=384))
