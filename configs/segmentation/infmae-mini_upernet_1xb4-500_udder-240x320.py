# As infmae-tiny_*, with the larger of the two starts that ship.
_base_ = 'infmae-tiny_upernet_1xb4-500_udder-240x320.py'

checkpoint = 'infmae_mm://mini-thermal'

model = dict(
    backbone=dict(arch='mini', init_cfg=dict(checkpoint=checkpoint)),
    decode_head=dict(in_channels=[48, 96, 192, 192]),
    auxiliary_head=dict(in_channels=192),
)
