# What helps on my data? What the three plans of one's own data have in common:
# no plan by itself.
unlabelled = 'data/my_images'
labelled = 'data/my_set'
title = 'Starts on my data'
reference = 'scratch'
pretrainings = dict(
    own=dict(
        config='pretrain/infmae_tiny_1xb64-200e_inf30-128.py',
        options={'model.backbone.arch': 'mini', 'model.neck.embed_dims': 192},
    ),
)
rows = dict(
    scratch=dict(title='Scratch', scratch=True),
    start=dict(
        title='Start of this package',
        checkpoint='infmae_mm://mini-thermal',
        optional=True,
    ),
    own=dict(title='Own pre-training', pretraining='own'),
    # The base network wants a GPU.
    scratch_base=dict(title='Scratch, base', scratch=True),
    # MCMAE's published weights, if they are there: docs/starts.md.
    mcmae=dict(
        title='MCMAE, base',
        checkpoint='checkpoints/mcmae_base.pth',
        optional=True,
    ),
)
