# Detection at the size of a processor: labelled=hit_uav.
# Another set of pre-training images: --plan-options unlabelled=DIR
_base_ = '_tiny_starts.py'

title = 'Tiny networks on HIT-UAV'
labelled = 'data/hit_uav'
measures = {
    'coco/bbox_mAP': dict(title='mAP', factor=100),
    'coco/bbox_mAP_50': dict(title='AP50', factor=100),
}
fine_tuning_options = {
    # twice the steps in the same time
    'train_dataloader.batch_size': 4,
    'train_cfg.max_iters': 250,
    'train_cfg.val_interval': 250,
    'default_hooks.checkpoint.interval': 250,
    'optim_wrapper.type': 'BFloat16OptimWrapper',
    'optim_wrapper.modules': ['backbone', 'neck'],
}
config = 'detection/mask-rcnn_infmae-tiny_fpn_1xb8-600_hit-uav-320x256.py'
rows = dict(
    mae=dict(
        config='detection/rivals/mask-rcnn_mae-tiny_fpn_1xb8-600_hit-uav-320x256.py'
    ),
    um_mae=dict(
        config='detection/rivals/mask-rcnn_um-mae-tiny_fpn_1xb8-600_hit-uav-320x256.py'
    ),
)
