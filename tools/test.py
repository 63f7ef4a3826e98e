"""Measure a checkpoint: any config, of any OpenMMLab scope.

Example:
    python tools/test.py configs/pretrain/infmae_tiny_demo.py \
        work_dirs/first/epoch_20.pth --data-root my_images
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import infmae_mm.thermal  # noqa: F401  (registers the backbone and a hook)
from infmae_mm.checkpoint import CheckpointError, read_checkpoint
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
    add_common_arguments(parser)
    parser.add_argument(
        '--show-dir',
        metavar='DIR',
        help='new or empty folder: draw labels and predictions over every '
        'test image into it',
    )
    return parser.parse_args(argv)


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
    cfg.load_from = args.checkpoint
    cfg.resume = False
    if args.show_dir is not None:
        hook = dict(type='ThermalVisualizationHook', out_dir=args.show_dir)
        cfg.custom_hooks = [*cfg.get('custom_hooks', []), hook]
    return build_runner(cfg).test()


if __name__ == '__main__':
    main()
