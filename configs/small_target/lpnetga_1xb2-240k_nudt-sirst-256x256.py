# LPNetGA, on the schedule of InfMAE.
_base_ = [
    '../_base_/models/small_target_lpnetga.py',
    '../_base_/datasets/nudt-sirst_256x256.py',
    '../_base_/datasets/lpnetga_pipelines.py',
    '../_base_/schedules/small_target_240k.py',
]

train_dataloader = dict(dataset=dict(pipeline=_base_.lpnetga_train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.lpnetga_test_pipeline))
test_dataloader = val_dataloader
