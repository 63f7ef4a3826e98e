# A TransUNet-style network, with the losses of InfMAE; see its docstring for
# what it stands in for, and is not.
_base_ = 'small_target_acm.py'

model = dict(
    backbone=dict(_delete_=True, type='TransUNet'),
    decode_head=dict(channels=16, num_convs=0, dropout_ratio=0.0),
)
