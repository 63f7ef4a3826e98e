# As equal_time_sirst.py, six times as long: ten minutes of a core each. ACM is
# trained at 1e-3: at the rate of the others it may find nothing at all.
_base_ = 'equal_time_sirst.py'
title = 'Small targets on SIRST, ten minutes each'
rows = {
    name: dict(
        options={
            'train_cfg.max_iters': number,
            'train_cfg.val_interval': number,
        }
    )
    for name, number in dict(
        unet=1560,
        acm=2940,
        scratch=2700,
        tiny_thermal=2700,
        scratch_gn=2700,
        tiny_thermal_gn=2700,
    ).items()
}
_ten_minutes = 'small_target/infmae-tiny_1xb8-2700_sirst-128x128.py'
rows['scratch_gn'].update(
    title='InfMAE-tiny, scratch, group norm and averaged weights',
    config=_ten_minutes,
    scratch=True,
)
rows['tiny_thermal_gn'].update(
    title='InfMAE-tiny, tiny-thermal, group norm and averaged weights',
    config=_ten_minutes,
)
rows['acm']['options']['optim_wrapper.optimizer.lr'] = 1e-3
