# Section 5.1 of the paper. The learning rate is that of 256 images per
# iteration; it scales with the batch size times the number of processes.
base_lr = 1.5e-4  # of 256 images
max_epochs = 400
warmup_epochs = 40

optim_wrapper = dict(
    type='BFloat16OptimWrapper',
    optimizer=dict(
        type='AdamW',
        lr=base_lr,
        betas=(0.9, 0.95),
        weight_decay=0.05,
        fused=True,
    ),
    paramwise_cfg=dict(
        norm_decay_mult=0.0,
        bias_decay_mult=0.0,
        custom_keys=dict(mask_token=dict(decay_mult=0.0)),
    ),
)
auto_scale_lr = dict(enable=True, base_batch_size=256)

param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=1e-4,
        begin=0,
        end=warmup_epochs,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        eta_min=0.0,
        begin=warmup_epochs,
        end=max_epochs,
        convert_to_iter_based=True,
    ),
]

train_cfg = dict(
    type='SeamlessEpochLoop', max_epochs=max_epochs, val_interval=5
)
val_cfg = dict()
test_cfg = dict()
