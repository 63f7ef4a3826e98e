"""Memory and time of the backbone in training on large images.

One forward and backward pass with full attention, with windowed attention,
with gradient checkpointing, and with both. Times are interleaved in one run;
each peak of memory is that of a fresh process.
"""

import argparse
from collections.abc import Callable

import measure
import torch

from infmae_mm import InfMAE
from infmae_mm.archs import ARCHS

DTYPES = dict(
    none=torch.float32, bfloat16=torch.bfloat16, float16=torch.float16
)


def forward_backward(
    device: str, options: dict, args: argparse.Namespace
) -> Callable[[], None]:
    """A function that runs one forward and one backward pass."""
    torch.set_num_threads(args.threads)
    model = InfMAE(arch=args.arch, drop_path_rate=0.1, **options)
    model.to(device).train()
    x = torch.randn(args.batch_size, 3, *args.size, device=device)

    def run() -> None:
        model.zero_grad()
        with torch.autocast(
            torch.device(device).type,
            DTYPES[args.amp],
            enabled=args.amp != 'none',
        ):
            loss = sum(m.float().square().mean() for m in model(x))
        loss.backward()

    return run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--device', default='cpu', help='cpu or cuda')
    parser.add_argument('--batch-size', type=int, default=1)
    parser.add_argument('--amp', choices=DTYPES, default='none')
    parser.add_argument('--arch', choices=ARCHS, default='base')
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        default=(1024, 1024),
        metavar=('HEIGHT', 'WIDTH'),
    )
    parser.add_argument('--window-size', type=int, default=16)
    parser.add_argument(
        '--global-indices', type=int, nargs='*', default=[0, 3, 6, 10]
    )
    parser.add_argument('--repeats', type=int, default=3)
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    parser.add_argument('--json', help='write the table to this file')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    windows = dict(
        window_size=args.window_size, global_indices=args.global_indices
    )
    variants = {
        'full': {},
        'windows': windows,
        'full, with_cp': dict(with_cp=True),
        'windows, with_cp': dict(**windows, with_cp=True),
    }
    memory = {
        name: measure.peak_memory(forward_backward, args.device, options, args)
        for name, options in variants.items()
    }
    seconds = measure.interleaved_medians(
        {
            name: forward_backward(args.device, options, args)
            for name, options in variants.items()
        },
        device,
        args.repeats,
        warmup=1,
    )
    rows = [
        {
            'attention': name,
            'step (s)': seconds[name],
            'time / full': seconds[name] / seconds['full'],
            'peak memory (GiB)': memory[name] / 2**30,
            'memory / full': memory[name] / memory['full'],
        }
        for name in variants
    ]
    title = (
        f'{args.arch}, {args.size[0]}x{args.size[1]}, batch '
        f'{args.batch_size}, amp {args.amp}, windows of {args.window_size}, '
        f'full in {args.global_indices}; {measure.machine(device)}'
    )
    measure.report(title, rows, args.json)


if __name__ == '__main__':
    main()
