# Not in the paper: the recipe of 'base' for the large network.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

model = dict(backbone=dict(arch='large'), neck=dict(embed_dims=1024))
