# MCMAE, at the size of a processor.
_base_ = 'infmae_tiny-random_1xb64-200e_inf30-128.py'

model = dict(neck=dict(decoder_depth=8), head=dict(norm_pix=True))
