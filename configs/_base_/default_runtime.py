# What every run of this project has in common, in any scope.
default_hooks = dict(
    runtime_info=dict(type='RuntimeInfoHook'),
    timer=dict(type='IterTimerHook'),
    logger=dict(type='PromptLoggerHook', interval=50),
    param_scheduler=dict(type='ParamSchedulerHook'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    checkpoint=dict(type='AtomicCheckpointHook', max_keep_ckpts=3),
)
custom_hooks = [dict(type='FiniteLossHook')]

visualizer = dict(
    type='Visualizer',
    vis_backends=[
        dict(type='PatientLocalVisBackend'),
        dict(type='PatientTensorboardVisBackend'),
    ],
)
# MMEngine averages whatever is called 'loss' over the window: right for the
# training, wrong for the losses that validation measures.
log_processor = dict(
    window_size=50, mean_pattern=r'^(?!val/).*(loss|time|grad_norm)'
)
log_level = 'INFO'

env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
randomness = dict(seed=0, diff_rank_seed=True)

load_from = None
resume = False
# True, or a dict of arguments, compiles the training step by torch.compile.
compile = False
