# The row 'Sup. (Scratch)' of the paper's table 3.
_base_ = 'infmae-base_1xb2-240k_irstd1k-512x512.py'

model = dict(backbone=dict(init_cfg=dict(checkpoint=None)))
