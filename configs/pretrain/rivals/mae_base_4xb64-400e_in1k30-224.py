# Section 5.6 of the paper: MAE on visible images, as many as Inf30 has. Any
# folder of them, read as grey: --data-root DIR.
_base_ = 'mae_base_4xb64-400e_inf30-224.py'

data_root = 'data/IN1K-30'
train_dataloader = dict(dataset=dict(data_root=data_root, max_images=300_000))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
