"""Train a model: any config, of any OpenMMLab scope.

Examples:
    python tools/train.py configs/pretrain/infmae_tiny_demo.py \
        --data-root my_images --work-dir work_dirs/first
    python tools/train.py configs/pretrain/infmae_tiny_demo.py \
        --data-root my_images --work-dir work_dirs/first --resume
"""

import argparse
import os
from collections.abc import Sequence


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Train a model.',
        epilog='Several processes: tools/dist_train.sh, tools/slurm_train.sh',
    )
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--work-dir',
        metavar='DIR',
        help='folder to write to; default: work_dir of the config, else '
        './work_dirs/<name of the config>',
    )
    parser.add_argument(
        '--data-root',
        metavar='DIR',
        help='folder of images, for training, validation and testing',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action='extend',
        metavar='KEY=VALUE',
        help='override options of the config, such as '
        'train_dataloader.batch_size=16 or train_cfg.max_iters=1000, which '
        'the schedules follow',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='how the processes were started; default: none, one process',
    )
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


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    # torch reads it once: large tensors lie on large pages of memory.
    os.environ.setdefault('THP_MEM_ALLOC_ENABLE', '1')
    # Seconds of imports, which --help and misspelt arguments do not need.
    from infmae_mm.engine.training import train

    train(args)


if __name__ == '__main__':
    main()
