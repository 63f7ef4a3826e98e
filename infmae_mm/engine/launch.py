"""What ``tools/train.py`` and ``tools/test.py`` have in common."""

import argparse
import inspect
import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import torch
import torch.distributed
from mmengine.config import Config, ConfigDict, DictAction
from mmengine.registry import RUNNERS
from mmengine.runner import Runner
from mmengine.runner.checkpoint import CheckpointLoader

from ..checkpoint import read_checkpoint
from ..checkpoint.published import SCHEME
from .backbone_fit import BackboneFitHook
from .hooks import LoadedWeightsHook

# The runner reads these from the config, not from its arguments.
RUNNER_SWITCHES = ('activation_checkpointing', 'compile', 'runner_type')
# What MMEngine's loader would read in a way that lets files run code.
LOCATIONS = (
    '',
    SCHEME,
    'http://',
    'https://',
    r'(\S+\:)?s3://',
    r'(\S+\:)?petrel://',
)


class LaunchError(SystemExit):
    """A request that cannot be met: the message goes to the user."""


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that training and testing share."""
    parser.add_argument(
        '--work-dir',
        metavar='DIR',
        help='folder to write to; default for training: work_dir of the '
        'config, else ./work_dirs/<name of the config>; for testing: the '
        'folder "test" beside the checkpoint',
    )
    parser.add_argument(
        '--data-root',
        metavar='DIR',
        help='folder of images, for training, validation and testing',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        default={},
        metavar='KEY=VALUE',
        help='override options of the config, such as '
        'train_dataloader.batch_size=16',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='how the processes were started; default: none, one process',
    )


def load_config(args: argparse.Namespace) -> Config:
    """Read the config and apply the command line to it.

    Args:
        args (Namespace): ``config`` and the arguments of
            :func:`add_common_arguments`.

    Returns:
        Config: With ``work_dir`` and ``launcher`` set.

    Raises:
        LaunchError: If there is no such file, or no such option.
    """
    if not Path(args.config).is_file():
        raise LaunchError(f'{args.config}: there is no such config file.')
    cfg = Config.fromfile(args.config)
    _check_options(cfg, args.cfg_options)
    cfg.merge_from_dict(args.cfg_options)
    if args.data_root is not None:
        set_data_root(cfg, args.data_root)
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs') / Path(args.config).stem)
    cfg.launcher = args.launcher
    return cfg


def build_runner(cfg: Config, testing: bool = False) -> Runner:
    """Build the runner of a config, which checks the weights it loads.

    Args:
        cfg (Config): The config.
        testing (bool): Whether it is for a test. Defaults to False.

    Returns:
        Runner: The runner.
    """
    _prepare_processes(cfg)
    CheckpointLoader.register_scheme(LOCATIONS, read_checkpoint, force=True)
    if 'runner_type' in cfg:
        runner = RUNNERS.build(cfg)
    else:
        runner = Runner.from_cfg(cfg)
    runner.register_hook(LoadedWeightsHook(testing))
    runner.register_hook(BackboneFitHook())
    return runner


def _check_options(cfg: Config, options: dict) -> None:
    """Refuse an option that nothing would read."""
    known = {*cfg, *inspect.signature(Runner).parameters, *RUNNER_SWITCHES}
    for option in options:
        key = option.split('.')[0]
        if key not in known:
            close = get_close_matches(key, known) or sorted(cfg)
            raise LaunchError(
                f'--cfg-options {option}: the config has no {key!r}. Did you '
                f'mean {", ".join(close)}?'
            )


def _dataset_configs(cfg: ConfigDict) -> Iterator[ConfigDict]:
    """All dicts within a config that have a ``data_root``."""
    if 'data_root' in cfg:
        yield cfg
    for value in cfg.values():
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(item, ConfigDict):
                yield from _dataset_configs(item)


def set_data_root(cfg: Config, data_root: str) -> None:
    """Set the folder of every dataset that has one, wrapped ones included.

    Raises:
        LaunchError: If no dataset has one.
    """
    datasets = [
        dataset
        for key in ('train_dataloader', 'val_dataloader', 'test_dataloader')
        if cfg.get(key)
        for dataset in _dataset_configs(cfg[key])
    ]
    if not datasets:
        raise LaunchError('--data-root: no dataset of the config has one.')
    for dataset in datasets:
        dataset.data_root = data_root


def _prepare_processes(cfg: Config) -> None:
    """Do what MMEngine leaves to the launcher."""
    if cfg.launcher == 'mpi':
        local_rank = os.environ['OMPI_COMM_WORLD_LOCAL_RANK']
        os.environ.setdefault('LOCAL_RANK', local_rank)
    if cfg.launcher == 'pytorch' and not torch.cuda.is_available():
        # MMEngine's own way needs a GPU per process.
        torch.distributed.init_process_group('gloo')
        cfg.model_wrapper_cfg = dict(
            type='MMDistributedDataParallel',
            device_ids=None,
            broadcast_buffers=False,
            find_unused_parameters=cfg.get('find_unused_parameters', False),
        )
