# Table 8 of the paper: a sample of Inf30.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

train_dataloader = dict(dataset=dict(max_images=100_000))
