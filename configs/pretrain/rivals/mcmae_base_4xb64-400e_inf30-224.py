# MCMAE (NeurIPS 2022) is InfMAE with random masking and a decoder of 8 blocks.
# It learns normalised pixels.
_base_ = '../infmae_base-random_4xb64-400e_inf30-224.py'

model = dict(neck=dict(decoder_depth=8), head=dict(norm_pix=True))
