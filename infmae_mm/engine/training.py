"""What ``tools/train.py`` does."""

import argparse
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.config import Config, ConfigDict
from mmengine.device import get_device
from mmengine.dist import get_world_size
from mmengine.logging import print_log
from mmengine.runner import Runner

from ..files import NO_ROOM
from .launch import LaunchError, build_runner, load_config
from .memory import keep_freed_memory
from .processes import decide_as_one, join_processes
from .run_folder import saved_checkpoints
from .schedules import check_units, drop_warm_ups_of_one_step
from .sentences import missing_files, sentences
from .starting import check_weights, set_start
from .work_dir import check_work_dir

FULL = (*NO_ROOM, errno.EROFS, errno.EFBIG)


def train(args: argparse.Namespace) -> None:
    """Train a model.

    Args:
        args (Namespace): The command line, see ``tools/train.py``.

    Raises:
        LaunchError: If the request cannot be met.
    """
    cfg = load_config(args)
    for key in ('train_dataloader', 'train_cfg', 'optim_wrapper'):
        if not cfg.get(key):
            raise LaunchError(f'{args.config} has no {key}.')
    check_units(cfg)
    if args.amp:
        set_amp(cfg, args.amp)
    if args.auto_scale_lr:
        set_auto_scale_lr(cfg)
    join_processes(cfg)
    decide_as_one(lambda: check_work_dir(cfg, args.config))
    resume = args.resume and os.path.expanduser(args.resume)
    if not set_start(cfg, resume):
        print_log('This run is finished already: nothing is left to train.')
        return
    check_weights(cfg)
    if get_device() == 'cpu':
        keep_freed_memory()
    try:
        with sentences():
            with missing_files():
                runner = build_runner(cfg)
                check_images(runner)
            drop_warm_ups_of_one_step(runner)
            with _way_on_told(runner):
                runner.train()
    except KeyboardInterrupt:
        print_log('Stopped before the first iteration.')
        raise SystemExit(130) from None  # as shells tell of Ctrl-C


def set_amp(cfg: Config, dtype: str) -> None:
    """Set the optimizer wrapper to mixed precision.

    The operators of detectors, RoIAlign and NMS, do not take bfloat16: there
    the backbone and the neck alone run in it.

    Args:
        cfg (Config): The config.
        dtype (str): 'bfloat16' or 'float16'.

    Raises:
        LaunchError: If its wrapper, or the machine, has none.
    """
    wrapper = cfg.optim_wrapper
    current = wrapper.setdefault('type', 'OptimWrapper')
    if current not in (
        'OptimWrapper',
        'AmpOptimWrapper',
        'BFloat16OptimWrapper',
    ):
        raise LaunchError(f'--amp: cannot be combined with {current}.')
    wrapper.pop('loss_scale', None)
    wrapper.pop('dtype', None)
    if dtype == 'bfloat16':
        wrapper.type = 'BFloat16OptimWrapper'
        if cfg.get('default_scope') == 'mmdet' and 'modules' not in wrapper:
            wrapper.modules = _parts_for_bfloat16(cfg.model)
    elif torch.cuda.is_available():
        wrapper.pop('modules', None)
        wrapper.update(type='AmpOptimWrapper', dtype=dtype)
    else:
        raise LaunchError('--amp float16 needs a GPU; bfloat16 does not.')


def _parts_for_bfloat16(model: ConfigDict) -> list[str]:
    if not model.get('backbone'):
        raise LaunchError(
            '--amp runs model.backbone and model.neck of a detector in '
            'bfloat16, and this model has no backbone by that name: name its '
            "parts in optim_wrapper=dict(type='BFloat16OptimWrapper', "
            'modules=[...]).'
        )
    return [name for name in ('backbone', 'neck') if model.get(name)]


def set_auto_scale_lr(cfg: Config) -> None:
    """Switch the scaling of the learning rate on.

    Args:
        cfg (Config): The config.

    Raises:
        LaunchError: If it does not say for which batch size its rate is.
    """
    if 'base_batch_size' not in (cfg.get('auto_scale_lr') or {}):
        raise LaunchError(
            '--auto-scale-lr: the config does not say for which batch size '
            'its learning rate is. Set auto_scale_lr = '
            'dict(base_batch_size=...) in it.'
        )
    cfg.auto_scale_lr.enable = True


def check_images(runner: Runner) -> None:
    """Refuse to train on no image, or on less than a batch.

    What it is validated on is looked for too, not only after the first epoch,
    and shown to the metrics that have a ``check_dataset(dataset)``.

    Args:
        runner (Runner): The runner, whose data loaders are built here.

    Raises:
        LaunchError: If there are too few.
    """
    loader = runner.train_dataloader
    validation = runner.val_loop  # builds what is validated on
    for metric in validation.evaluator.metrics if validation else ():
        if hasattr(metric, 'check_dataset'):
            metric.check_dataset(validation.dataloader.dataset)
    if not len(loader):
        raise LaunchError(
            f'{len(loader.dataset)} training images do not fill one batch of '
            f'{loader.batch_size} in each of {get_world_size()} process(es). '
            'Add --cfg-options train_dataloader.batch_size=N.'
        )


@contextmanager
def _way_on_told(runner: Runner) -> Iterator[None]:
    """Tell a user who stops a run, or whose disk is full, how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        print_log(f'Stopped at iteration {runner.iter}. {_way_on(runner)}')
        raise SystemExit(130) from None  # as shells tell of Ctrl-C
    except OSError as error:
        if error.errno not in FULL or error.filename is None:
            raise
        raise LaunchError(
            f'{error.filename} could not be written: {error.strerror}. '
            f'Training stopped at iteration {runner.iter}; nothing is left '
            f'of that file. Make room first. {_way_on(runner)}'
        ) from error


def _way_on(runner: Runner) -> str:
    saved = saved_checkpoints(runner.work_dir)
    if saved:
        return f'--resume goes on from {saved[0]}.'
    return 'There is no checkpoint yet: the same command begins again.'
