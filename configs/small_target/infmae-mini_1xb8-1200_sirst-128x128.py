# As infmae-tiny_*, with the larger of the two starts that ship.
_base_ = 'infmae-tiny_1xb8-1200_sirst-128x128.py'

model = dict(
    backbone=dict(
        arch='mini', init_cfg=dict(checkpoint='infmae_mm://mini-thermal')
    ),
    decode_head=dict(in_channels=(3, 48, 96, 192, 192)),
)
