# Table 7 of the paper: 800 epochs.
_base_ = 'infmae_base_4xb64-400e_inf30-224.py'

train_cfg = dict(max_epochs=800)
_base_.param_scheduler[1].end = 800
