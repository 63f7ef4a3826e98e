"""Measure a checkpoint: any config, of any OpenMMLab scope.

Example:
    python tools/test.py configs/pretrain/infmae_tiny_demo.py \
        work_dirs/first/epoch_20.pth --data-root my_images
"""

import argparse
from collections.abc import Sequence


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
    parser.add_argument(
        '--work-dir',
        metavar='DIR',
        help='folder of the log; default: the folder "test" beside the '
        'checkpoint, or in work_dirs/NAME for an address',
    )
    parser.add_argument(
        '--data-root', metavar='DIR', help='folder of the test images'
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action='extend',
        metavar='KEY=VALUE',
        help='override options of the config, such as '
        'test_dataloader.batch_size=16',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='how the processes were started; default: none, one process',
    )
    parser.add_argument(
        '--tta',
        action='store_true',
        help='merge the predictions of each image and of its mirror image, '
        'or as tta_model and tta_pipeline of the config say',
    )
    parser.add_argument(
        '--show-dir',
        metavar='DIR',
        help='new or empty folder: draw labels and predictions over every '
        'test image into it',
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> dict:
    args = parse_args(argv)
    # Seconds of imports, which --help and misspelt arguments do not need.
    import infmae_mm.thermal  # noqa: F401  (registers a hook)
    from infmae_mm.engine.testing import test

    return test(args)


if __name__ == '__main__':
    main()
