# The recipe of the paper: 4 GPUs with 64 images each.
_base_ = [
    '../_base_/models/infmae_base_pretrain.py',
    '../_base_/datasets/inf30_224.py',
    '../_base_/schedules/pretrain_400e.py',
    '../_base_/default_runtime.py',
]

default_hooks = dict(checkpoint=dict(save_best='val/loss', rule='less'))
custom_hooks = [
    dict(type='FiniteLossHook'),
    dict(type='UnreadableImagesHook'),
    dict(type='ReconstructionViewHook', interval=5),
]
