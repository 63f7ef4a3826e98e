# SIRST in small crops: a target is a larger share of them, so that a network
# learns sooner not to be silent. Every second crop is cut anywhere, often
# without a target: they teach it not to raise false alarms. Images keep their
# size, which in so few iterations is worth ten points of IoU
# (docs/small_target.md).
_base_ = 'sirst_256x256.py'

crop_size = (128, 128)
anywhere = dict(type='RandomCrop', crop_size=crop_size)
on_targets = dict(anywhere, cat_max_ratio=0.9999999)
crop = dict(type='RandomChoice', transforms=[[on_targets], [anywhere]])
train_pipeline = [
    crop if step['type'] == 'RandomCrop' else step
    for step in _base_.train_pipeline
    if step['type'] != 'RandomChoice'
]
train_dataloader = dict(
    batch_size=8,
    num_workers=1,
    pin_memory=False,
    dataset=dict(pipeline=train_pipeline),
)
val_dataloader = dict(num_workers=1, pin_memory=False)
test_dataloader = val_dataloader
