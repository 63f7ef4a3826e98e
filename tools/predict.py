"""Predict on images and videos: any config, of any wing.

Examples:
    python tools/predict.py CONFIG CHECKPOINT my_images --out found
    python tools/predict.py CONFIG CHECKPOINT flight.mp4 list.txt a.tiff \
        --out found --temperature 0.01 -273.15
"""

import argparse
import sys
from collections.abc import Sequence

import torch
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

import infmae_mm.thermal  # noqa: F401  (registers the loader)
from infmae_mm.checkpoint import CheckpointError
from infmae_mm.deploy.arguments import (
    add_config_options,
    add_prediction_arguments,
    chosen_options,
    chosen_settings,
    stopped,
    summary,
)
from infmae_mm.deploy.inputs import InputError, find_items
from infmae_mm.deploy.network import load_network
from infmae_mm.deploy.prediction import PredictionRun
from infmae_mm.deploy.torch_predictor import TorchPredictor


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Predict on images and videos: tables, label maps and '
        'pictures. The same command goes on after an interruption.'
    )
    parser.add_argument('config', help='config file, of any wing')
    parser.add_argument('checkpoint', help='its weights')
    add_prediction_arguments(parser)
    parser.add_argument(
        '--device', default='cuda' if torch.cuda.is_available() else 'cpu'
    )
    add_config_options(parser)
    return parser.parse_args(argv)


class RateColumn(TextColumn):
    """Images per second, of those of this run."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f'{speed:.1f} images/s' if speed else '')


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    console = Console(stderr=True)
    try:
        items = find_items(args.inputs, args.out)
        network = load_network(
            args.config, args.checkpoint, args.device, args.cfg_options
        )
        options = chosen_options(args, network.task)
        predictor = TorchPredictor(network, args.radiometric, **options)
        settings = chosen_settings(args)
        progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            RateColumn(''),
            TimeRemainingColumn(),
            console=console,
        )
        run = PredictionRun(
            predictor,
            items,
            args.out,
            settings,
            report=lambda text: console.print(
                f'Cannot read {text}', markup=False, soft_wrap=True
            ),
        )
        with progress:
            task = progress.add_task('', total=run.total)
            failed = run.run(lambda n: progress.advance(task, n))
    except (InputError, CheckpointError) as error:
        raise SystemExit(str(error)) from error
    except (OSError, KeyboardInterrupt) as error:
        raise SystemExit(stopped(error, args.out)) from error
    print(summary(run, failed, args.out))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
