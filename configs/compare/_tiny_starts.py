# Starts of the tiny network, all of the same images and epochs: what the plans
# of a processor have in common. No plan by itself.
unlabelled = 'data/hit_uav_half'
reference = 'infmae'
pretraining_options = {
    'train_cfg.max_epochs': 20,
    'train_cfg.val_interval': 10,
    # 1.5 times as fast on a processor with AMX; slower on one without
    'optim_wrapper.type': 'BFloat16OptimWrapper',
}

_infmae = 'pretrain/infmae_tiny_1xb64-200e_inf30-128.py'
_masking = 'model.backbone.masking.'
pretrainings = dict(
    mae=dict(config='pretrain/rivals/mae_tiny_1xb64-200e_inf30-128.py'),
    um_mae=dict(config='pretrain/rivals/um-mae_tiny_1xb64-200e_inf30-128.py'),
    mcmae=dict(config='pretrain/rivals/mcmae_tiny_1xb64-200e_inf30-128.py'),
    random=dict(
        config='pretrain/rivals/infmae_tiny-random_1xb64-200e_inf30-128.py'
    ),
    infmae=dict(config=_infmae),
    ascending=dict(config=_infmae, options={f'{_masking}order': 'ascending'}),
    entropy=dict(config=_infmae, options={f'{_masking}score': 'entropy'}),
    top=dict(
        config=_infmae,
        options={f'{_masking}score': 'entropy', f'{_masking}sampling': 'top'},
    ),
)
rows = dict(
    scratch=dict(title='Scratch', scratch=True),
    mae=dict(title='MAE', pretraining='mae'),
    um_mae=dict(title='UM-MAE', pretraining='um_mae'),
    mcmae=dict(title='MCMAE', pretraining='mcmae'),
    random=dict(title='InfMAE, random masking', pretraining='random'),
    infmae=dict(title='InfMAE', pretraining='infmae'),
    ascending=dict(title='InfMAE, ascending', pretraining='ascending'),
    entropy=dict(title='InfMAE, entropy', pretraining='entropy'),
    top=dict(title="InfMAE, DuGI-MAE's masking", pretraining='top'),
)
