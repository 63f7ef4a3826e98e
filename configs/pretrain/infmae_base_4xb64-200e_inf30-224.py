# Table 7 of the paper: 200 epochs.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

max_epochs = 200
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], end=max_epochs),
]
