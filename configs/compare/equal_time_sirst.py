# Small targets at equal processor time, about 100 s of a core each: iterations
# are what each network does in it. Forward, backward and step on 8 crops of
# 128x128 took 0.197 s (InfMAE-tiny), 0.361 s (UNet) and 0.179 s (ACM), and a
# batch 0.025 s to load. Another time: scale all of them. MSHNet (2.0 s) and
# DNANet are left out: more than twice the cost.
title = 'Small targets on SIRST, at equal time'
labelled = 'data/sirst'
reference = 'unet'
measures = {
    name: dict(title=name, factor=100)
    for name in ('IoU', 'nIoU', 'hIoU', 'Pd')
}
measures['Fa_ppm'] = dict(title='Fa (1e-6)')
_recipe = '1xb8-1200_sirst-128x128'
_tiny = f'small_target/infmae-tiny_{_recipe}.py'
_iterations = dict(ours=450, unet=260, acm=490)
_options = {
    name: {
        'train_cfg.max_iters': number,
        'train_cfg.val_interval': number,
    }
    for name, number in _iterations.items()
}
rows = dict(
    unet=dict(
        title='UNet of 8 channels',
        config=f'small_target/unet-c8_{_recipe}.py',
        options=_options['unet'],
    ),
    acm=dict(
        title='ACM',
        config=f'small_target/acm_{_recipe}.py',
        options=_options['acm'],
    ),
    scratch=dict(
        title='InfMAE-tiny, scratch',
        config=_tiny,
        scratch=True,
        options=_options['ours'],
    ),
    tiny_thermal=dict(
        title='InfMAE-tiny, tiny-thermal',
        config=_tiny,
        options=_options['ours'],
    ),
)
