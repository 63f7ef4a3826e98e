"""Schedules that follow the length of a run, and count as its loop does."""

import math

from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.runner import Runner

from .processes import LaunchError

LOOPS = ('EpochBasedTrainLoop', 'IterBasedTrainLoop')
SEAMLESS = 'SeamlessEpochLoop'
# Schedules that wait for measures, and those that warm up.
PLATEAU = 'ReduceOnPlateau'
WARM_UP = ('Linear', 'Constant')
# What counts epochs or iterations in a scheduler.
POINTS = ('begin', 'end', 'T_max', 'total_iters', 'step_size', 'milestones')


def run_length(cfg: Config) -> int | None:
    """Epochs or iterations of a training, as its loop counts them."""
    train_cfg = cfg.get('train_cfg') or {}
    return train_cfg.get('max_epochs', train_cfg.get('max_iters'))


def settle_loop(cfg: Config) -> None:
    """Let ``by_epoch=True`` stand beside the type of a loop of epochs.

    MMEngine takes one of both. Who overrides ``train_cfg`` by a dict with
    ``by_epoch=True`` inherits the type.
    """
    loop = cfg.get('train_cfg') or {}
    if loop.get('type') in (LOOPS[0], SEAMLESS) and loop.get('by_epoch'):
        del loop['by_epoch']


def stretch_schedules(cfg: Config, before: int | None, options: dict) -> bool:
    """Stretch the schedules to the run's length, if options have changed it.

    Warm-up and decay keep their shares of the run. An option that sets
    anything in ``param_scheduler`` leaves all of it to the user.

    Args:
        cfg (Config): With the options applied.
        before (int, optional): The length without them.
        options (dict): The options.

    Returns:
        bool: Whether they were changed.
    """
    after = run_length(cfg)
    schedulers = _schedulers(cfg)
    by_hand = any(key.split('.')[0] == 'param_scheduler' for key in options)
    if not (before and after and schedulers) or after == before or by_hand:
        return False
    for scheduler in schedulers:
        for key in POINTS:
            if isinstance(scheduler.get(key), (int, list, tuple)):
                scheduler[key] = _stretch(
                    scheduler[key], before, after, key == 'begin'
                )
    return True


def follow_length(cfg: Config, before: int | None, options: dict) -> None:
    """Stretch the schedules, and tell what became of them.

    Args:
        cfg (Config): See :func:`stretch_schedules`.
        before (int, optional): See there.
        options (dict): See there.
    """
    after = run_length(cfg)
    if stretch_schedules(cfg, before, options):
        listed = ', '.join(
            f'{s.type} {s.get("begin", 0)} to {s.get("end", "the end")}'
            for s in _schedulers(cfg)
        )
        print_log(
            f'The learning rate follows the length of the run, {after} in '
            f'place of {before}: {listed}.'
        )
        return
    if not after:
        return
    by_epoch = 'max_epochs' in cfg.train_cfg
    for scheduler in _schedulers(cfg):
        same_unit = scheduler.get('by_epoch', True) == by_epoch
        if same_unit and after < scheduler.get('end', 0):
            print_log(
                f'The schedule {scheduler.type} ends at {scheduler.end}, and '
                f'the run at {after}: its end is never reached.'
            )


def _schedulers(cfg: Config) -> list[dict]:
    schedulers = cfg.get('param_scheduler') or []
    return [schedulers] if isinstance(schedulers, dict) else schedulers


def check_units(cfg: Config) -> None:
    """See that loop, schedules and checkpoints count the same things.

    In a loop of iterations MMEngine never ends an epoch: what counts epochs
    would stay where it begins, a rate at the first of its warm-up, and no
    checkpoint would be saved before the end.

    Args:
        cfg (Config): Of a training.

    Raises:
        LaunchError: If something counts epochs in a loop of iterations, or
            the length is not in the unit of the loop.
    """
    loop = cfg.train_cfg
    kind = loop.get('type') or LOOPS[not loop.get('by_epoch', True)]
    if kind == SEAMLESS:
        kind = LOOPS[0]
    if kind not in LOOPS:
        return
    key, other = 'max_epochs', 'max_iters'
    if kind == LOOPS[1]:
        key, other = other, key
    if other in loop or key not in loop:
        raise LaunchError(
            f'train_cfg.{key} is the length of a {kind}, which counts '
            f'{key.removeprefix("max_")}: '
            + (
                f'train_cfg.{other} has no place there.'
                if other in loop
                else 'it is not given.'
            )
            + ' A config of the other kind has type, schedules and '
            'checkpoints of its own: start from one of that kind.'
        )
    schedulers = [s for s in _schedulers(cfg) if isinstance(s, dict)]
    if kind == LOOPS[1]:
        _check_iterations(cfg, schedulers)
    _warn_of_an_early_end(loop[key], kind == LOOPS[0], schedulers)


def drop_warm_ups_of_one_step(runner: Runner) -> None:
    """Take out warm-ups that last one step, as in a very short run.

    MMEngine would leave the rate where such a warm-up begins, and nothing
    would be learnt.

    Args:
        runner (Runner): Before its schedules are built.
    """
    schedulers = runner.param_schedulers
    if not isinstance(schedulers, list):
        return
    in_epoch = len(runner.train_dataloader)
    kept = [s for s in schedulers if not _is_warm_up_of_one_step(s, in_epoch)]
    if len(kept) < len(schedulers):
        print_log('The warm-up would last one step: there is none.')
        runner.param_schedulers = kept


def _is_warm_up_of_one_step(scheduler: dict, in_epoch: int) -> bool:
    steps = scheduler.get('end', math.inf) - scheduler.get('begin', 0)
    if scheduler.get('convert_to_iter_based'):
        steps *= in_epoch
    return str(scheduler['type']).startswith(WARM_UP) and steps == 1


def _check_iterations(cfg: Config, schedulers: list[dict]) -> None:
    hook = (cfg.get('default_hooks') or {}).get('checkpoint') or {}
    wrong = {
        f'param_scheduler.{i}': 'the rate would stay at its first value'
        for i, s in enumerate(schedulers)
        if s.get('by_epoch', True)
        and not s.get('convert_to_iter_based')
        and not str(s.type).startswith(PLATEAU)
    }
    if hook.get('by_epoch', True) and str(hook.get('type', '')).endswith(
        'CheckpointHook'
    ):
        wrong['default_hooks.checkpoint'] = (
            'nothing would be saved before the end'
        )
    for key, effect in wrong.items():
        raise LaunchError(
            f'{key} counts epochs (by_epoch is True, which is the default), '
            f'and the training counts iterations: {effect}. Set '
            f'{key}.by_epoch=False, and its numbers in iterations.'
        )


def _warn_of_an_early_end(
    length: int, by_epoch: bool, schedulers: list[dict]
) -> None:
    ends = [s for s in schedulers if s.get('by_epoch', True) == by_epoch]
    last = max(ends, key=lambda s: s.get('end', length), default=None)
    if (
        last is not None
        and last.get('end', length) < length
        and not str(last.type).startswith((*WARM_UP, PLATEAU))
    ):
        print_log(
            f'Warning: the schedule {last.type} ends at {last.end}, and the '
            f'run at {length}: from {last.end} on, the rate stays at its last '
            f'value, which is often 0. Set the end of the schedule to '
            f'{length}.'
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
