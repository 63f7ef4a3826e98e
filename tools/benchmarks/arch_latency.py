"""Weigh architectures of the encoder: parameters, work, images a second.

Runs one image at a time, as a small computer would, in turns, so that noise
meets all of them. This is how 'mini' was chosen (docs/starts.md).

Example:
    python tools/benchmarks/arch_latency.py --threads 2 --size 256 320
"""

import argparse

import measure
import torch
from torch.utils.flop_counter import FlopCounterMode

from infmae_mm import InfMAE
from infmae_mm.archs import ARCHS

CANDIDATES = {
    '64-128-192 x 1-1-4': dict(
        embed_dims=(64, 128, 192), depths=(1, 1, 4), num_heads=6
    ),
    '64-96-192 x 2-2-6': dict(
        embed_dims=(64, 96, 192), depths=(2, 2, 6), num_heads=6
    ),
    '48-96-192 x 1-2-6': dict(
        embed_dims=(48, 96, 192), depths=(1, 2, 6), num_heads=6
    ),
    '64-128-192 x 2-2-6': dict(
        embed_dims=(64, 128, 192), depths=(2, 2, 6), num_heads=6
    ),
    '64-128-256 x 2-2-6': dict(
        embed_dims=(64, 128, 256), depths=(2, 2, 6), num_heads=8
    ),
    '96-160-256 x 2-2-6': dict(
        embed_dims=(96, 160, 256), depths=(2, 2, 6), num_heads=8
    ),
}
"""What was considered for 'mini', by widths and depths."""


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        '--size', type=int, nargs=2, default=(256, 320), metavar=('H', 'W')
    )
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--repeats', type=int, default=20)
    parser.add_argument('--named', nargs='+', default=['tiny', 'small'])
    parser.add_argument('--json', metavar='FILE')
    return parser.parse_args()


def multiply_adds(model: InfMAE, x: torch.Tensor) -> int:
    """Multiply-adds of matrix products and convolutions of a pass."""
    with FlopCounterMode(display=False) as counter:
        model(x)
    return counter.get_total_flops() // 2


def main() -> None:
    args = parse_args()
    torch.set_num_threads(args.threads)
    archs = {name: ARCHS[name] for name in args.named} | CANDIDATES
    models = {name: InfMAE(arch).eval() for name, arch in archs.items()}
    x = torch.randn(1, 3, *args.size)
    device = torch.device('cpu')
    with torch.inference_mode():
        work = {name: multiply_adds(m, x) for name, m in models.items()}
        seconds = measure.interleaved_medians(
            {name: lambda m=m: m(x) for name, m in models.items()},
            device,
            args.repeats,
        )
    rows = [
        {
            'architecture': name,
            'parameters (M)': sum(p.numel() for p in m.parameters()) / 1e6,
            'multiply-adds (G)': work[name] / 1e9,
            'milliseconds': 1e3 * seconds[name],
            'images/s': 1 / seconds[name],
        }
        for name, m in models.items()
    ]
    height, width = args.size
    title = f'One image of {height}x{width}; {measure.machine(device)}'
    measure.report(title, rows, args.json)


if __name__ == '__main__':
    main()
