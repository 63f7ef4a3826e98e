"""What ``tools/train.py`` and ``tools/test.py`` have in common."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from types import NoneType
from typing import Any

from mmengine.config import Config, DictAction
from mmengine.registry import RUNNERS
from mmengine.runner import Runner
from mmengine.runner.checkpoint import CheckpointLoader

from ..checkpoint import extract_state_dict, read_checkpoint
from ..checkpoint.published import SCHEME
from ..quiet import quiet_imports
from .backbone_fit import BackboneFitHook
from .checkpoints import accumulative_counts
from .class_check import ClassCountHook
from .config_file import read_config
from .data_folders import move_data, set_data_root
from .hooks import LoadedWeightsHook
from .operators import operators_problem
from .processes import LaunchError, join_processes
from .resuming import ResumedOptionsHook
from .schedules import follow_length, run_length, settle_loop
from .spelling import SpellingError, check_options, check_spelling
from .work_dir import LOADERS

__all__ = [
    'LaunchError',
    'build_runner',
    'load_config',
    'move_data',
    'parse_options',
    'read_config',
    'set_data_root',
]

# What MMEngine's loader would read in a way that lets files run code.
LOCATIONS = (
    '',
    SCHEME,
    'http://',
    'https://',
    r'(\S+\:)?s3://',
    r'(\S+\:)?petrel://',
)
# What MMEngine logs, and no user can act upon.
LOGGED_CHATTER = (
    'paramwise_options -- ',
    '"FileClient" will be deprecated',
    '"HardDiskBackend" is the alias',
)


def parse_options(
    options: dict | Sequence[str] | None, flag: str = '--cfg-options'
) -> dict:
    """Read ``KEY=VALUE`` of a command line as MMEngine does.

    Args:
        options (dict | Sequence[str] | None): The words, or what was read
            of them before.
        flag (str): The option that they came with, for the error.

    Returns:
        dict: Values by dotted keys.

    Raises:
        LaunchError: If a word has no ``=``.
    """
    if not options or isinstance(options, dict):
        return dict(options or {})
    for word in options:
        if '=' not in word:
            raise LaunchError(
                f'{flag} {word}: wanted is KEY=VALUE, without spaces.'
            )
    parser = argparse.ArgumentParser()
    parser.add_argument('--options', nargs='+', action=DictAction)
    return parser.parse_args(['--options', *options]).options


def load_config(args: argparse.Namespace, needs_model: bool = True) -> Config:
    """Read the config and apply the command line to it.

    Args:
        args (Namespace): ``config``, ``cfg_options`` (dict, or words as
            ``KEY=VALUE``), ``data_root``, ``work_dir``, ``launcher``.
        needs_model (bool): Whether a config without a ``model`` is refused:
            False for what looks at images only. Defaults to True.

    Returns:
        Config: With ``work_dir`` and ``launcher`` set.

    Raises:
        LaunchError: If there is no such file, it is no config, or it has no
            such option.
    """
    options = parse_options(args.cfg_options)
    with quiet_imports():
        cfg = read_config(args.config, needs_model)
        length = run_length(cfg)
        try:
            check_options(cfg, options)
            cfg.merge_from_dict(options)
            settle_loop(cfg)
            check_spelling(cfg)
        except SpellingError as error:
            raise LaunchError(f'{args.config}: {error}') from error
    _check_numbers(cfg)
    follow_length(cfg, length, options)
    for key in LOADERS:
        loader = cfg.get(key)
        if loader and not loader.get('num_workers'):
            # torch takes these of workers alone
            loader.persistent_workers = False
            loader.pop('prefetch_factor', None)
    if args.data_root is not None:
        set_data_root(cfg, args.data_root)
        # what an option sets is of one dataset, and goes before
        own = {k: v for k, v in options.items() if k.endswith('.data_root')}
        cfg.merge_from_dict(own)
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs') / Path(args.config).stem)
    _expand_home(cfg)
    cfg.launcher = args.launcher
    return cfg


def _expand_home(cfg: Config) -> None:
    """Read ``~``, which shells leave as it is behind a ``=``."""
    cfg.work_dir = os.path.expanduser(cfg.work_dir)
    move_data(cfg, lambda root: root and os.path.expanduser(root))


def _check_numbers(cfg: Config) -> None:
    """Refuse numbers of 0 and less that would end in arithmetic errors."""
    numbers = {
        f'train_cfg.{key}': value
        for key, value in (cfg.get('train_cfg') or {}).items()
        if key in ('max_epochs', 'max_iters', 'val_interval')
    }
    for key in LOADERS:
        loader = cfg.get(key) or {}
        numbers[f'{key}.batch_size'] = loader.get('batch_size')
        if (loader.get('num_workers') or 0) < 0:
            raise LaunchError(
                f'{key}.num_workers={loader.num_workers}: it must be 0 (the '
                'process itself) or more.'
            )
    counts = (cfg.get('optim_wrapper') or {}).get('accumulative_counts')
    numbers['optim_wrapper.accumulative_counts'] = counts
    window = (cfg.get('log_processor') or {}).get('window_size')
    numbers['log_processor.window_size'] = window
    hooks = cfg.get('default_hooks') or {}
    interval = (hooks.get('logger') or {}).get('interval')
    numbers['default_hooks.logger.interval'] = interval
    for key, value in numbers.items():
        if isinstance(value, (int, float)) and not value >= 1:
            raise LaunchError(f'{key}={value}: it must be 1 or more.')
        if not isinstance(value, (int, NoneType)):
            raise LaunchError(f'{key}={value}: it must be a whole number.')
    wrapper = cfg.get('optim_wrapper') or {}
    rate = (wrapper.get('optimizer') or {}).get('lr')
    if rate is not None and not (isinstance(rate, (int, float)) and rate >= 0):
        raise LaunchError(
            f'optim_wrapper.optimizer.lr={rate}: it must be a number of 0 or '
            'more, such as 1e-4 or 0.0001, with a point.'
        )
    clip = wrapper.get('clip_grad')
    if clip is not None and not (isinstance(clip, dict) and clip):
        raise LaunchError(
            f'optim_wrapper.clip_grad={clip}: it must be a dict, such as '
            'dict(max_norm=1.0); as an option, '
            'optim_wrapper.clip_grad.max_norm=1.0.'
        )
    named = [(f'default_hooks.{k}', hooks[k]) for k in hooks]
    named += [
        (f'custom_hooks.{i}', hook)
        for i, hook in enumerate(cfg.get('custom_hooks') or [])
    ]
    for key, hook in named:
        if isinstance(hook, dict) and hook.get('interval') == 0:
            raise LaunchError(
                f'{key}.interval=0: it must be 1 or more, or -1 for never.'
            )


def build_runner(cfg: Config, testing: bool = False) -> Runner:
    """Build the runner of a config, which checks classes and weights.

    Args:
        cfg (Config): The config.
        testing (bool): Whether it is for a test. Defaults to False.

    Returns:
        Runner: The runner.

    Raises:
        LaunchError: If the operators of MMCV do not fit the device.
    """
    if problem := operators_problem(cfg):
        raise LaunchError(problem)
    join_processes(cfg)
    CheckpointLoader.register_scheme(
        LOCATIONS, load_from_infmae_mm, force=True
    )
    with quiet_imports():
        if 'runner_type' in cfg:
            runner = RUNNERS.build(cfg)
        else:
            runner = Runner.from_cfg(cfg)
    # Every checkpoint holds the config: laying its text out again takes
    # several times as long as all the rest of a small one.
    runner.cfg = Config(
        runner.cfg.to_dict(),
        cfg_text=runner.cfg.text,
        filename=runner.cfg.filename,
        env_variables=runner.cfg.env_variables,
        format_python_code=False,
    )
    runner.logger.addFilter(
        lambda record: not str(record.msg).startswith(LOGGED_CHATTER)
    )
    runner.register_hook(ClassCountHook())
    runner.register_hook(LoadedWeightsHook(testing))
    runner.register_hook(BackboneFitHook())
    runner.register_hook(ResumedOptionsHook())
    counts = accumulative_counts(runner)
    if counts > 1 and 'base_batch_size' in (runner.auto_scale_lr or {}):
        # MMEngine scales the rate by the images of a batch, not of a step.
        base = runner.auto_scale_lr['base_batch_size'] / counts
        runner.auto_scale_lr = {
            **runner.auto_scale_lr,
            'base_batch_size': base,
        }
    return runner


def load_from_infmae_mm(
    path: str, map_location: Any = 'cpu'
) -> dict[str, Any]:
    """Read a checkpoint in the one form that all of MMEngine's hooks know.

    MMEngine logs the name of this function, from its eleventh letter on.
    """
    checkpoint = read_checkpoint(path, map_location)
    if 'state_dict' in checkpoint:
        return checkpoint
    return {'state_dict': extract_state_dict(checkpoint, path)}
