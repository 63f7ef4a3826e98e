"""Arguments that ``tools/predict.py`` and the runtime have in common."""

import argparse
from typing import Any

from ..thermal.damage import printable
from .inputs import InputError
from .prediction import PredictionRun
from .settings import Settings


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Add what changes the config of a network."""
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action='extend',
        default=[],
        metavar='KEY=VALUE',
        help='change the config, such as model.test_cfg.flips=True',
    )


def add_prediction_arguments(parser: argparse.ArgumentParser) -> None:
    """Add inputs, outputs and what changes them."""
    parser.add_argument(
        'inputs',
        nargs='+',
        metavar='INPUT',
        help='images, videos, folders (searched at any depth), and lists: '
        '.txt files of one path a line',
    )
    parser.add_argument(
        '--out',
        required=True,
        metavar='DIR',
        help='new or empty folder, or that of the same command, interrupted',
    )
    parser.add_argument(
        '--score-thr',
        type=float,
        metavar='T',
        help='least score of a box (default: 0.3), or probability above '
        "which a pixel is a small target (default: the network's)",
    )
    parser.add_argument(
        '--top-k',
        type=int,
        metavar='K',
        help='classes listed for an image (default: 5); classification only',
    )
    parser.add_argument(
        '--probabilities',
        action='store_true',
        help='small targets: also write probabilities, as PNG of 16 bits',
    )
    parser.add_argument(
        '--temperature',
        nargs=2,
        type=float,
        metavar=('SCALE', 'OFFSET'),
        help='degrees Celsius = SCALE * value of the file + OFFSET',
    )
    parser.add_argument(
        '--radiometric',
        choices=['counts', 'temperature'],
        help='read the raw frame of radiometric JPEG, not the picture',
    )
    parser.add_argument(
        '--tile',
        type=int,
        metavar='PIXELS',
        help='cut large images into tiles of this side: detection and small '
        'targets',
    )
    parser.add_argument(
        '--overlap',
        type=float,
        metavar='SHARE',
        help='of neighbouring tiles (default: 0.2)',
    )
    parser.add_argument(
        '--no-pictures', action='store_true', help='write no drawings'
    )
    parser.add_argument(
        '--batch-size', type=int, default=1, metavar='N', help='default: 1'
    )
    parser.add_argument(
        '--workers',
        type=int,
        default=2,
        metavar='N',
        help='threads that read, and as many that write (default: 2)',
    )


def chosen_options(args: argparse.Namespace, task: str) -> dict[str, Any]:
    """Options of results that were given.

    Raises:
        InputError: If one has no meaning for the task.
    """
    given: dict[str, Any] = {}
    for name, key, value, tasks in (
        (
            '--score-thr',
            'threshold',
            args.score_thr,
            ('detection', 'small_target'),
        ),
        ('--top-k', 'top_k', args.top_k, ('classification',)),
        (
            '--probabilities',
            'probabilities',
            args.probabilities or None,
            ('small_target',),
        ),
    ):
        if value is None:
            continue
        if task not in tasks:
            raise InputError(
                f'{name} is for {" and ".join(tasks)}, and this network does '
                f'{task}.'
            )
        given[key] = value
    if not 0 <= given.get('threshold', 0) <= 1:
        raise InputError('--score-thr must be from 0 to 1.')
    if given.get('top_k', 1) < 1:
        raise InputError('--top-k must be 1 or more.')
    return given


def chosen_settings(args: argparse.Namespace) -> Settings:
    """How to predict, as the arguments say.

    Raises:
        InputError: If an option has no meaning without another.
    """
    given = {}
    if args.overlap is not None:
        if args.tile is None:
            raise InputError('--overlap is that of tiles: give --tile too.')
        given = dict(overlap=args.overlap)
    return Settings(
        **given,
        batch_size=args.batch_size,
        workers=args.workers,
        tile=args.tile,
        pictures=not args.no_pictures,
        temperature=tuple(args.temperature) if args.temperature else None,
    )


def stopped(error: OSError | KeyboardInterrupt, out_dir: str) -> str:
    """Why a run did not come to its end, and how it goes on."""
    what = 'Interrupted.'
    if isinstance(error, OSError):
        what = f'Cannot write to {out_dir}: {error.strerror or error}.'
    return f'{what} The same command goes on from here.'


def summary(run: PredictionRun, failed: int, out_dir: str) -> str:
    """What became of a run, in a sentence or two."""
    out_dir = printable(out_dir)
    text = (
        f'{run.writer.journal.done} images and frames: {out_dir}/'
        f'{run.kind.table}'
    )
    if failed:
        text += f'. {failed} could not be read: {out_dir}/unreadable.csv'
    return text
