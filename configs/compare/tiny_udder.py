# Segmentation at the size of a processor: labelled=buffalo_udder.
# Another set of pre-training images: --plan-options unlabelled=DIR
_base_ = '_tiny_starts.py'

title = 'Tiny networks on an udder in a barn'
labelled = 'data/buffalo_udder'
measures = dict(mIoU=dict(title='mIoU'), mAcc=dict(title='mAcc'))
fine_tuning_options = {
    'train_cfg.max_iters': 150,
    'train_cfg.val_interval': 150,
    'default_hooks.checkpoint.interval': 150,
}
config = 'segmentation/infmae-tiny_upernet_1xb4-500_udder-240x320.py'
rows = dict(
    mae=dict(
        config='segmentation/rivals/mae-tiny_upernet_1xb4-500_udder-240x320.py'
    ),
    um_mae=dict(
        config='segmentation/rivals/um-mae-tiny_upernet_1xb4-500_udder-240x320.py'
    ),
)
