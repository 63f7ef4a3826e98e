# Table 7 of the paper: 1600 epochs.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

train_cfg = dict(max_epochs=1600)
_base_.param_scheduler[1].end = 1600
