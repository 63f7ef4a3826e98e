"""Schedules that follow the length of a run."""

from mmengine.config import Config
from mmengine.logging import print_log

# What counts epochs or iterations in a scheduler.
POINTS = ('begin', 'end', 'T_max', 'total_iters', 'step_size', 'milestones')


def run_length(cfg: Config) -> int | None:
    """Epochs or iterations of a training, as its loop counts them."""
    train_cfg = cfg.get('train_cfg') or {}
    return train_cfg.get('max_epochs', train_cfg.get('max_iters'))


def follow_length(cfg: Config, before: int | None, options: dict) -> None:
    """Stretch the schedules to the run's length, if options have changed it.

    Warm-up and decay keep their shares of the run. An option that sets
    anything in ``param_scheduler`` leaves all of it to the user.

    Args:
        cfg (Config): With the options applied.
        before (int, optional): The length without them.
        options (dict): The options.
    """
    after = run_length(cfg)
    schedulers = cfg.get('param_scheduler') or []
    if isinstance(schedulers, dict):
        schedulers = [schedulers]
    if not before or not after or not schedulers:
        return
    by_hand = any(key.split('.')[0] == 'param_scheduler' for key in options)
    if after != before and not by_hand:
        for scheduler in schedulers:
            for key in POINTS:
                if isinstance(scheduler.get(key), (int, list, tuple)):
                    scheduler[key] = _stretch(
                        scheduler[key], before, after, key == 'begin'
                    )
        listed = ', '.join(
            f'{s.type} {s.get("begin", 0)} to {s.get("end", "the end")}'
            for s in schedulers
        )
        print_log(
            f'The learning rate follows the length of the run, {after} in '
            f'place of {before}: {listed}.'
        )
        return
    by_epoch = 'max_epochs' in cfg.train_cfg
    for scheduler in schedulers:
        same_unit = scheduler.get('by_epoch', True) == by_epoch
        if same_unit and after < scheduler.get('end', 0):
            print_log(
                f'The schedule {scheduler.type} ends at {scheduler.end}, and '
                f'the run at {after}: its end is never reached.'
            )


def _stretch(
    point: int | list[int] | tuple[int, ...],
    before: int,
    after: int,
    may_be_zero: bool,
) -> int | list[int]:
    if not isinstance(point, int):
        return [_stretch(p, before, after, may_be_zero) for p in point]
    stretched = point * after // before
    return stretched if may_be_zero or point == 0 else max(stretched, 1)
