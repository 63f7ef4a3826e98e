# Small targets at the size of a processor: do the starts that ship help, and
# is ours ahead of networks that train as fast?
title = 'Small targets on SIRST'
labelled = 'data/sirst'
reference = 'unet'
measures = {
    name: dict(title=name, factor=100) for name in ('IoU', 'nIoU', 'Pd')
}
measures['Fa_ppm'] = dict(title='Fa (1e-6)')
_recipe = '1xb8-1200_sirst-128x128'
_tiny = f'small_target/infmae-tiny_{_recipe}.py'
_mini = f'small_target/infmae-mini_{_recipe}.py'
rows = dict(
    unet=dict(
        title='UNet of 8 channels', config=f'small_target/unet-c8_{_recipe}.py'
    ),
    acm=dict(title='ACM', config=f'small_target/acm_{_recipe}.py'),
    scratch=dict(title='InfMAE-tiny, scratch', config=_tiny, scratch=True),
    tiny_thermal=dict(title='InfMAE-tiny, tiny-thermal', config=_tiny),
    mini_scratch=dict(
        title='InfMAE-mini, scratch', config=_mini, scratch=True
    ),
    mini_thermal=dict(title='InfMAE-mini, mini-thermal', config=_mini),
)
