# A TransUNet-style network; all else as for InfMAE.
_base_ = [
    '../_base_/models/small_target_transunet.py',
    '../_base_/datasets/sirst3_256x256.py',
    '../_base_/schedules/small_target_240k.py',
]

model = dict(data_preprocessor=dict(size=(256, 256)))
# The best algorithm would be searched anew for every size of image.
env_cfg = dict(cudnn_benchmark=False)
