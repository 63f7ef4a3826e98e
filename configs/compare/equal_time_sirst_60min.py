# As equal_time_sirst_10min.py, an hour of a core each.
_base_ = 'equal_time_sirst_10min.py'
title = 'Small targets on SIRST, an hour each'
rows = {
    name: dict(
        options={
            'train_cfg.max_iters': number,
            'train_cfg.val_interval': number // 6,
            'param_scheduler.0.end': number // 20,
            'param_scheduler.1.begin': number // 20,
            'param_scheduler.1.end': number,
        }
    )
    for name, number in dict(
        unet=9360, acm=17640, scratch=16200, tiny_thermal=16200
    ).items()
}
