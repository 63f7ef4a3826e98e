# How 'mini-thermal' of infmae_mm/weights/ was finished, on one core of a
# processor: on from the last weights of the 15 epochs before, docs/starts.md.
_base_ = 'infmae_mini_1xb16-15e_thermal-128.py'

load_from = 'work_dirs/infmae_mini_1xb16-15e_thermal-128/epoch_15.pth'
train_cfg = dict(max_epochs=20)
_base_.param_scheduler[1].end = 20
