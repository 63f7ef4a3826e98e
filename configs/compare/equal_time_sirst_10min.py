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
        unet=1560, acm=2940, scratch=2700, tiny_thermal=2700
    ).items()
}
rows['acm']['options']['optim_wrapper.optimizer.lr'] = 1e-3
