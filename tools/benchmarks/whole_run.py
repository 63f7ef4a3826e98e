"""What of a pre-training run is not its steps.

Trains as ``tools/train.py`` does, on real files, and tells how long each part
of the loop took: the steps (forward, backward, optimizer), waiting for images,
hooks around a step (logging, checks), hooks at the ends of epochs
(checkpoints), validation. All are of one run. Beside the time on the clock is
the processor's, of the process that trains: on a busy machine, read that.

    python tools/benchmarks/whole_run.py hit_uav/JPEGImages --epochs 22
"""

import time

START = time.perf_counter()

import argparse  # noqa: E402  (imports are a part of what is measured)
import tempfile  # noqa: E402
from pathlib import Path  # noqa: E402

from infmae_mm.engine.launch import build_runner, load_config  # noqa: E402

IMPORTED = time.perf_counter()

import measure  # noqa: E402
import torch  # noqa: E402
from mmengine.hooks import Hook  # noqa: E402

CONFIG = 'configs/pretrain/infmae_tiny_1xb64-200e_inf30-128.py'
ITER_HOOKS = 'hooks around a step'
EPOCH_HOOKS = 'hooks at the ends of epochs'


class Phases:
    """Adds the time since the last call up under the name of what ended."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.processor: dict[str, float] = {}
        self.last = time.perf_counter(), time.process_time()

    def end(self, name: str) -> None:
        now = time.perf_counter(), time.process_time()
        for spent, start, end in zip(
            (self.seconds, self.processor), self.last, now, strict=True
        ):
            spent[name] = spent.get(name, 0) + end - start
        self.last = now


class Before(Hook):
    """Called before all other hooks of a place: ends what came before it."""

    priority = 'HIGHEST'

    def __init__(self, phases: Phases) -> None:
        self.phases = phases

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        started = 'step' in self.phases.seconds
        self.phases.end('waiting for images' if started else 'first batch')

    def after_train_iter(self, runner, *args, **kwargs) -> None:
        measure.synchronize(next(runner.model.parameters()).device)
        self.phases.end('step')

    def after_train_epoch(self, runner) -> None:
        self.phases.end('waiting for images')


class After(Hook):
    """Called after all other hooks of a place: ends what they did."""

    priority = 'LOWEST'

    def __init__(self, phases: Phases) -> None:
        self.phases = phases

    def before_train_epoch(self, runner) -> None:
        started = 'step' in self.phases.seconds
        self.phases.end(EPOCH_HOOKS if started else 'hooks at the start')

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        self.phases.end(ITER_HOOKS)

    def after_train_iter(self, runner, *args, **kwargs) -> None:
        self.phases.end(ITER_HOOKS)

    def after_train_epoch(self, runner) -> None:
        self.phases.end(EPOCH_HOOKS)

    def after_val_epoch(self, runner, metrics=None) -> None:
        self.phases.end('validation')


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('data_root', help='folder of images, or a list')
    parser.add_argument('--config', default=CONFIG)
    parser.add_argument('--epochs', type=int, default=22)
    parser.add_argument('--workers', type=int, help="the config's if left out")
    parser.add_argument('--json', help='write the table to this file')
    return parser.parse_args()


def train(args: argparse.Namespace, work_dir: str) -> tuple[Phases, int, str]:
    """Train; return the phases, the iterations, and what was trained."""
    options = {'train_cfg.max_epochs': args.epochs}
    if args.workers is not None:
        options['train_dataloader.num_workers'] = args.workers
    cfg = load_config(
        argparse.Namespace(
            config=args.config,
            cfg_options=options,
            data_root=args.data_root,
            work_dir=work_dir,
            launcher='none',
        )
    )
    phases = Phases()
    runner = build_runner(cfg)
    runner.train_dataloader  # noqa: B018  (built at the first look)
    phases.end('building model and data')
    runner.register_hook(Before(phases))
    runner.register_hook(After(phases))
    runner.train()
    phases.end('the end')
    what = (
        f'{Path(args.config).stem}, {len(runner.train_dataloader.dataset)} '
        f'images, batch {runner.train_dataloader.batch_size}, '
        f'{runner.train_dataloader.num_workers} workers'
    )
    return phases, runner.iter, what


def main() -> None:
    args = parse_args()
    with tempfile.TemporaryDirectory() as work_dir:
        phases, iterations, what = train(args, work_dir)
    seconds = phases.seconds
    build = seconds.pop('building model and data')
    processor = phases.processor
    del processor['building model and data']
    all_but = 'all but the steps'
    for spent in (seconds, processor):
        spent[all_but] = sum(spent.values()) - spent['step']
    whole = seconds[all_but] + seconds['step']
    work = processor[all_but] + processor['step']
    rows = [
        {
            'part': name,
            'seconds': seconds[name],
            'of the run': seconds[name] / whole,
            'processor seconds': processor[name],
            'of them': processor[name] / work,
            'ms / iteration': processor[name] / iterations * 1e3,
        }
        for name in sorted(seconds, key=seconds.get, reverse=True)
    ]
    title = (
        f'{what}, {iterations} iterations; before the run: imports '
        f'{IMPORTED - START:.1f} s, building {build:.1f} s; '
        f'{measure.machine(torch.device("cpu"))}'
    )
    measure.report(title, rows, args.json)


if __name__ == '__main__':
    main()
