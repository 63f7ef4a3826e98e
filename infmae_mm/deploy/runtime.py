"""The command of ``infmae_runtime.py``."""

import argparse
import sys
from collections.abc import Sequence
from time import monotonic

from .arguments import (
    add_prediction_arguments,
    chosen_options,
    chosen_settings,
    stopped,
    summary,
)
from .inputs import InputError, find_items
from .onnx_predictor import OnnxPredictor
from .prediction import PredictionRun


class PlainProgress:
    """Images done, their rate and the time left, on a line of stderr.

    Args:
        total (int): Images.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self._before: int | None = None
        self._done = 0
        self._start = self._shown = monotonic()

    def advance(self, count: int) -> None:
        """Take more images into account; the first are of earlier runs."""
        self._done += count
        if self._before is None:
            self._before = self._done
        now = monotonic()
        if now - self._shown < 1 and self._done < self.total:
            return
        self._shown = now
        rate = (self._done - self._before) / max(now - self._start, 1e-6)
        left = (self.total - self._done) / rate if rate else 0
        line = (
            f'{self._done}/{self.total}, {rate:.1f} images/s, {left:.0f} s '
            'left'
        )
        end = '\r' if self._done < self.total else '\n'
        print(f'{line:<60}', end=end, file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 1 if a file could not be read."""
    parser = argparse.ArgumentParser(
        description='Predict on images and videos with an exported network: '
        'tables, label maps and pictures. The same command goes on after an '
        'interruption.'
    )
    parser.add_argument('model', help='file of tools/export.py')
    add_prediction_arguments(parser)
    parser.add_argument(
        '--threads',
        type=int,
        default=0,
        help='of the network; default: as many as cores',
    )
    parser.add_argument(
        '--provider',
        metavar='NAME',
        help='of onnxruntime, such as TensorrtExecutionProvider; default: '
        'CUDAExecutionProvider where it is installed, else the processor',
    )
    args = parser.parse_args(argv)
    try:
        items = find_items(args.inputs, args.out)
        predictor = OnnxPredictor(
            args.model, args.threads, args.radiometric, args.provider
        )
        predictor.choose(**chosen_options(args, predictor.task))
        run = PredictionRun(
            predictor,
            items,
            args.out,
            chosen_settings(args),
            report=lambda text: print(f'Cannot read {text}', file=sys.stderr),
        )
        failed = run.run(PlainProgress(run.total).advance)
    except InputError as error:
        raise SystemExit(str(error)) from error
    except (OSError, KeyboardInterrupt) as error:
        raise SystemExit(stopped(error, args.out)) from error
    print(summary(run, failed, args.out))
    return 1 if failed else 0
