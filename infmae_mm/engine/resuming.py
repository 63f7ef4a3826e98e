"""Whether a run that is resumed is the run of its checkpoint."""

import math
from collections.abc import Sequence
from typing import Any

from mmengine.hooks import EMAHook, Hook
from mmengine.runner import Runner

from ..checkpoint import CheckpointError

# Of a group of parameters: what depends on the run's place, or the device.
MOVING = ('params', 'lr', 'fused', 'foreach', 'capturable', 'differentiable')
ABSENT = 'none'
# Of a schedule: what its options set, and no step changes.
SET = (
    'begin',
    'end',
    'by_epoch',
    'base_values',
    'start_factor',
    'end_factor',
    'total_iters',
    'T_max',
    'eta_min',
    'eta_min_ratio',
    'min_values',
    'power',
    'gamma',
    'step_size',
    'milestones',
    'factor',
)
LENGTHS = ('begin', 'end', 'total_iters', 'T_max')  # those of the run


class ResumedOptionsHook(Hook):
    """Refuse to resume with other options of optimizer and schedules.

    All of them are restored from the checkpoint, so that new ones would be
    without effect: a longer run would go on at the rate where the old
    schedule ended, which is often 0. Schedules of another length that do not
    end before the run are told of only.
    """

    # After AtomicCheckpointHook, whose batch size may be why rates differ.
    priority = 'LOWEST'

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare the options.

        Args:
            runner (Runner): With its optimizer and schedules built.
            checkpoint (dict): What it resumes from.

        Raises:
            CheckpointError: If an option differs, or if the weights are a
                moving average, and this run has none.
        """
        if not runner._resume:
            return
        path = runner._load_from
        way_out = (
            'To train on with other options, start a new run from its '
            'weights: --work-dir of another folder and --cfg-options '
            f'load_from={path} in place of --resume.'
        )
        averages = any(isinstance(hook, EMAHook) for hook in runner.hooks)
        if 'ema_state_dict' in checkpoint and not averages:
            raise CheckpointError(
                f'{path}, to resume from, holds the moving average of a run '
                'with EMAHook, and this run has none: the optimizer would go '
                f'on from other weights than its own. Add the hook. {way_out}'
            )
        differing, following = _differing(runner, checkpoint)
        if following:
            runner.logger.warning(
                f'The schedules of {path} go on, not those given now: '
                f'{"; ".join(following[:6])}.'
            )
        if differing:
            raise CheckpointError(
                f'{path}, to resume from, is of a run with other options, '
                'which would be restored in place of those given now. '
                f'Differing: {"; ".join(differing[:6])}. Give the options of '
                'that run (steps of an epoch also follow the number of '
                f'images). {way_out}'
            )


def _differing(
    runner: Runner, checkpoint: dict
) -> tuple[list[str], list[str]]:
    """What differs, and lengths of schedules that outlast the run as well."""
    optimizer = getattr(runner.optim_wrapper, 'optimizer', None)
    theirs = checkpoint['optimizer'].get('param_groups')
    if optimizer is None or theirs is None:  # several optimizers
        return [], []
    ours = optimizer.param_groups
    if len(theirs) != len(ours):
        text = f'{len(theirs)} groups of parameters there, {len(ours)} now'
        return [f'{text} (optim_wrapper, frozen_stages)'], []
    found = {}  # of each key, the first group that differs
    schedulers = runner.param_schedulers
    # without a schedule, the rate stays as the options set it
    moving = {*MOVING} if schedulers else {*MOVING} - {'lr'}
    for before, now in zip(theirs, ours, strict=True):
        for key in sorted({*before, *now} - moving):
            pair = before.get(key, ABSENT), now.get(key, ABSENT)
            if ABSENT in pair and any(isinstance(v, bool) for v in pair):
                continue  # a switch that another version of torch has
            if not _same(*pair):
                found.setdefault(f'optimizer {key}', pair)
    following = {}
    saved = checkpoint.get('param_schedulers')
    if isinstance(schedulers, list) and isinstance(saved, list):
        if len(saved) != len(schedulers):
            found['number of schedules'] = len(saved), len(schedulers)
        outlasts = _outlasts(runner, saved)
        for i, (before, now) in enumerate(
            zip(saved, schedulers, strict=False)
        ):
            state = now.state_dict()
            for key in SET:
                pair = before.get(key, ABSENT), state.get(key, ABSENT)
                if not _same(*pair):
                    harmless = outlasts and key in LENGTHS
                    where = following if harmless else found
                    where[f'param_scheduler.{i} {key}'] = pair
    return _texts(found), _texts(following)


def _outlasts(runner: Runner, schedules: list[dict]) -> bool:
    """Whether schedules do not end before the run does."""
    ends = {True: 0, False: 0}
    for schedule in schedules:
        unit = bool(schedule.get('by_epoch'))
        ends[unit] = max(ends[unit], schedule.get('end', 0))
    return ends[True] >= runner.max_epochs or ends[False] >= runner.max_iters


def _texts(pairs: dict[str, tuple]) -> list[str]:
    return [
        f'{what} {_short(before)} there, {_short(now)} now'
        for what, (before, now) in pairs.items()
    ]


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, (int, float)):
        return math.isclose(a, b)
    if isinstance(a, Sequence) and isinstance(b, Sequence):
        return len(a) == len(b) and (
            a == b or (not isinstance(a, str) and all(map(_same, a, b)))
        )
    return a == b


def _short(value: Any) -> str:
    """A rate of each group of parameters, as one if they are equal."""
    if isinstance(value, list) and value and len({*value}) == 1:
        value = value[0]
    return str(value)[:80]
