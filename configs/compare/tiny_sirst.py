# Small targets at the size of a processor: labelled=sirst.
# Another set of pre-training images: --plan-options unlabelled=DIR
_base_ = '_tiny_starts.py'

title = 'Tiny networks on SIRST'
labelled = 'data/sirst'
measures = {name: dict(title=name, factor=100) for name in ('IoU', 'Pd', 'F1')}
fine_tuning_options = {
    'train_cfg.max_iters': 300,
    'train_cfg.val_interval': 300,
    'default_hooks.checkpoint.interval': 300,
}
config = 'small_target/infmae-tiny_1xb8-1200_sirst-128x128.py'
rows = dict(
    mae=dict(config='small_target/rivals/mae-tiny_1xb8-1200_sirst-128x128.py'),
    um_mae=dict(
        config='small_target/rivals/um-mae-tiny_1xb8-1200_sirst-128x128.py'
    ),
)
