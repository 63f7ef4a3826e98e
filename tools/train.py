"""Train a model: any config, of any OpenMMLab scope.

Examples:
    python tools/train.py configs/pretrain/infmae_tiny_demo.py \
        --data-root my_images --work-dir work_dirs/first
    python tools/train.py configs/pretrain/infmae_tiny_demo.py \
        --data-root my_images --work-dir work_dirs/first --resume
"""

import argparse
from collections.abc import Sequence

import torch
from mmengine.config import Config
from mmengine.dist import get_world_size
from mmengine.logging import print_log
from mmengine.runner import Runner

import infmae_mm  # noqa: F401  (registers the backbone)
from infmae_mm.checkpoint import CheckpointError
from infmae_mm.classes import LabelError
from infmae_mm.engine.checkpoints import (
    has_checkpoints,
    latest_resumable,
    read_resumable,
)
from infmae_mm.engine.launch import (
    LaunchError,
    add_common_arguments,
    build_runner,
    load_config,
)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Train a model.',
        epilog='Several processes: tools/dist_train.sh, tools/slurm_train.sh',
    )
    parser.add_argument('config', help='config file')
    add_common_arguments(parser)
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='PATH',
        help='go on from a checkpoint: the given one, or the latest complete '
        'one in the work directory, if there is any',
    )
    parser.add_argument(
        '--amp',
        nargs='?',
        const='bfloat16',
        choices=['bfloat16', 'float16'],
        help='mixed precision; default type: bfloat16',
    )
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rate with the total batch size',
    )
    return parser.parse_args(argv)


def set_amp(cfg: Config, dtype: str) -> None:
    """Set the optimizer wrapper to mixed precision."""
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
    elif torch.cuda.is_available():
        wrapper.update(type='AmpOptimWrapper', dtype=dtype)
    else:
        raise LaunchError('--amp float16 needs a GPU; bfloat16 does not.')


def set_auto_scale_lr(cfg: Config) -> None:
    """Switch the scaling of the learning rate on."""
    if 'base_batch_size' not in (cfg.get('auto_scale_lr') or {}):
        raise LaunchError(
            '--auto-scale-lr: the config does not say for which batch size '
            'its learning rate is. Set auto_scale_lr = '
            'dict(base_batch_size=...) in it.'
        )
    cfg.auto_scale_lr.enable = True


def set_start(cfg: Config, resume: str | None) -> bool:
    """Set where training starts.

    Returns:
        bool: False if the run to resume is finished already.
    """
    if resume is None:
        if cfg.get('resume'):
            resume = cfg.get('load_from') or 'auto'
        elif has_checkpoints(cfg.work_dir):
            raise LaunchError(
                f'{cfg.work_dir} has the checkpoints of an earlier run. Add '
                '--resume to go on with it, or --work-dir DIR to start a new '
                'run in another folder.'
            )
        else:
            return True
    try:
        if resume == 'auto':
            found = latest_resumable(cfg.work_dir)
        else:
            found = resume, read_resumable(resume)
    except CheckpointError as error:
        raise LaunchError(f'--resume: {error}') from error
    cfg.resume = found is not None
    if found is None:
        print_log(
            f'--resume: no checkpoint in {cfg.work_dir}; training starts '
            'from the beginning.'
        )
        return True
    path, checkpoint = found
    cfg.load_from = str(path)
    meta = checkpoint['meta']
    print_log(
        f'--resume: going on from {path} (epoch {meta["epoch"]}, iteration '
        f'{meta["iter"]}).'
    )
    if 'max_epochs' in cfg.train_cfg:
        return meta['epoch'] < cfg.train_cfg.max_epochs
    return meta['iter'] < cfg.train_cfg.max_iters


def check_images(runner: Runner) -> None:
    """Refuse to train on no image, or on less than a batch."""
    try:
        loader = runner.train_dataloader
    except (OSError, LabelError) as error:
        raise LaunchError(str(error)) from error
    if not len(loader):
        raise LaunchError(
            f'{len(loader.dataset)} training images do not fill one batch of '
            f'{loader.batch_size} in each of {get_world_size()} process(es). '
            'Add --cfg-options train_dataloader.batch_size=N.'
        )


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    cfg = load_config(args)
    if args.amp:
        set_amp(cfg, args.amp)
    if args.auto_scale_lr:
        set_auto_scale_lr(cfg)
    if not set_start(cfg, args.resume):
        print_log('This run is finished already: nothing is left to train.')
        return
    runner = build_runner(cfg)
    check_images(runner)
    try:
        runner.train()
    except LabelError as error:
        raise LaunchError(str(error)) from error


if __name__ == '__main__':
    main()
