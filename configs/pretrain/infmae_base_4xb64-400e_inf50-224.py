# Table 8 of the paper: the 500,000 images that Inf30 was chosen from.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

data_root = 'data/Inf50'
train_dataloader = dict(dataset=dict(data_root=data_root))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
