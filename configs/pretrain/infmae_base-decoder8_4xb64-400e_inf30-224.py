# Table 5 of the paper: a decoder of 8 blocks.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

model = dict(neck=dict(decoder_depth=8))
