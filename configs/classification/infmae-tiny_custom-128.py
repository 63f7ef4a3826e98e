# Your own images in minutes on a CPU: the folders of infmae-base_custom-224,
# the tiny network. checkpoint = None starts from random weights.
_base_ = 'infmae-tiny_1xb32-6e_solar-modules-160x96.py'

data_root = 'data/mine'
classes = ('good', 'bad')  # names of the folders, in the order of the labels
size = (128, 128)  # width, height
checkpoint = 'infmae_mm://tiny-thermal'

model = dict(
    backbone=dict(init_cfg=dict(checkpoint=checkpoint)),
    head=dict(num_classes=len(classes)),
)
train_pipeline, test_pipeline = (
    [
        dict(step, scale=size) if step['type'] == 'Resize' else step
        for step in pipeline
    ]
    for pipeline in (_base_.train_pipeline, _base_.test_pipeline)
)
dataset = dict(data_root=data_root, classes=classes)
train_dataloader = dict(dataset=dict(dataset, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(dataset, pipeline=test_pipeline))
test_dataloader = val_dataloader
