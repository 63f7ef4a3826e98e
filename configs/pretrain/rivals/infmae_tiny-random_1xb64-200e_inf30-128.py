# Random masking, at the size of a processor.
_base_ = '../infmae_tiny_1xb64-200e_inf30-128.py'

model = dict(
    backbone=dict(
        masking=dict(_delete_=True, type='RandomMasking', mask_ratio=0.75)
    )
)
