# The backbone stays as it is: what its features are worth by themselves.
_base_ = 'infmae-mini_1xb32-6e_solar-modules-160x96.py'

model = dict(backbone=dict(frozen_stages=2))
