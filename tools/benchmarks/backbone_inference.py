"""Time the backbone's forward pass at several image sizes.

Compares the backbone, whose attention is torch's fused one, with the same
network and explicit softmax attention, interleaved in one run.
"""

import argparse
from collections.abc import Callable

import measure
import torch
from torch import Tensor

from infmae_mm import InfMAE
from infmae_mm.archs import ARCHS
from infmae_mm.layers import Attention

DTYPES = dict(
    none=torch.float32, bfloat16=torch.bfloat16, float16=torch.float16
)


class ExplicitAttention(Attention):
    """Attention that keeps the whole matrix of weights."""

    def forward(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        qkv = self.qkv(x).view(b, n, 3, self.num_heads, c // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, N, C / heads)
        weights = (q @ k.transpose(-2, -1)) * q.shape[-1] ** -0.5
        x = weights.softmax(dim=-1) @ v
        return self.proj(x.transpose(1, 2).reshape(b, n, c))  # (B, N, C)


def forward(
    device: str, explicit: bool, size: int, args: argparse.Namespace
) -> Callable[[], None]:
    """A function that runs one forward pass."""
    torch.set_num_threads(args.threads)
    model = InfMAE(arch=args.arch)
    if explicit:
        for block in model.blocks3:
            block.attn = ExplicitAttention(
                model.embed_dims[2], block.attn.num_heads
            )
    model.to(device).eval()
    x = torch.randn(args.batch_size, 3, size, size, device=device)

    @torch.inference_mode()
    def run() -> None:
        with torch.autocast(
            torch.device(device).type,
            DTYPES[args.amp],
            enabled=args.amp != 'none',
        ):
            model(x)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--device', default='cpu', help='cpu or cuda')
    parser.add_argument('--batch-size', type=int, default=1)
    parser.add_argument('--amp', choices=DTYPES, default='none')
    parser.add_argument('--arch', choices=ARCHS, default='base')
    parser.add_argument(
        '--sizes', type=int, nargs='+', default=[224, 512, 1024]
    )
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    parser.add_argument('--json', help='write the table to this file')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    rows = []
    for size in args.sizes:
        variants = {'fused': False, 'explicit': True}
        memory = {
            name: measure.peak_memory(
                forward, args.device, explicit, size, args
            )
            for name, explicit in variants.items()
        }
        seconds = measure.interleaved_medians(
            {
                name: forward(args.device, explicit, size, args)
                for name, explicit in variants.items()
            },
            device,
            args.repeats,
        )
        rows.extend(
            {
                'size': size,
                'attention': name,
                'forward (s)': seconds[name],
                'images/s': args.batch_size / seconds[name],
                'time / fused': seconds[name] / seconds['fused'],
                'peak memory (GiB)': memory[name] / 2**30,
                'memory / fused': memory[name] / memory['fused'],
            }
            for name in variants
        )
    title = (
        f'{args.arch}, batch {args.batch_size}, amp {args.amp}; '
        f'{measure.machine(device)}'
    )
    measure.report(title, rows, args.json)


if __name__ == '__main__':
    main()
