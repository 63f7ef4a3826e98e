"""Measure a checkpoint: any config, of any OpenMMLab scope.

Example:
    python tools/test.py configs/pretrain/infmae_tiny_demo.py \
        work_dirs/first/epoch_20.pth --data-root my_images
"""

import argparse
import inspect
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import METRICS

import infmae_mm.thermal  # noqa: F401  (registers the backbone and a hook)
from infmae_mm.checkpoint import CheckpointError, read_checkpoint
from infmae_mm.classes import LabelError
from infmae_mm.engine.launch import (
    LaunchError,
    add_common_arguments,
    build_runner,
    load_config,
)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Measure a checkpoint.',
        epilog='Several processes: tools/dist_test.sh',
    )
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument(
        '--out',
        metavar='DIR',
        help='new or empty folder for results of each image and curves, of '
        'the metrics that have an out_dir',
    )
    add_common_arguments(parser)
    parser.add_argument(
        '--show-dir',
        metavar='DIR',
        help='new or empty folder: draw labels and predictions over every '
        'test image into it',
    )
    return parser.parse_args(argv)


def set_out_dir(cfg: Config, folder: str) -> None:
    """Set where metrics write their results.

    Raises:
        LaunchError: If no metric of the config writes any, or the folder
            has files.
    """
    if Path(folder).exists() and any(Path(folder).iterdir()):
        raise LaunchError(
            f'--out: {folder} is not empty, and no result shall be '
            'overwritten: choose another folder, or empty it.'
        )
    metrics = cfg.test_evaluator
    metrics = metrics if isinstance(metrics, list) else [metrics]
    writers = [
        metric
        for metric in metrics
        if (found := METRICS.get(metric.type)) is not None
        and 'out_dir' in inspect.signature(found).parameters
    ]
    if not writers:
        names = ', '.join(metric.type for metric in metrics)
        raise LaunchError(f'--out: there is no out_dir in {names}.')
    for metric in writers:
        metric.out_dir = folder


def main(argv: Sequence[str] | None = None) -> dict:
    args = parse_args(argv)
    cfg = load_config(args)
    if not cfg.get('test_dataloader'):
        raise LaunchError(f'{args.config} has no test_dataloader.')
    try:
        # MMEngine would run the code in a file that this refuses.
        read_checkpoint(args.checkpoint)
    except CheckpointError as error:
        raise LaunchError(str(error)) from error
    if args.work_dir is None:
        # Not the folder of the training: its dumped config stays as it is.
        cfg.work_dir = str(Path(args.checkpoint).parent / 'test')
    if args.out is not None:
        set_out_dir(cfg, args.out)
    cfg.load_from = args.checkpoint
    cfg.resume = False
    if args.show_dir is not None:
        hook = dict(type='ThermalVisualizationHook', out_dir=args.show_dir)
        cfg.custom_hooks = [*cfg.get('custom_hooks', []), hook]
    runner = build_runner(cfg, testing=True)
    try:
        return runner.test()
    except LabelError as error:
        raise LaunchError(str(error)) from error


if __name__ == '__main__':
    main()
