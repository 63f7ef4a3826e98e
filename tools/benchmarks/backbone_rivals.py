"""Training passes of backbones: work per second against mmpretrain's.

One forward and one backward pass of InfMAE, ViT, Swin, ConvNeXt and ResNet, in
turns in one run. Work is counted, in multiply-accumulates of the forward pass,
and a training pass taken for three of them: what a backbone makes of the
processor, whatever its size. ``--processor-time`` counts the seconds of the
processor in place of the clock's, for one thread on a busy machine.

    python tools/benchmarks/backbone_rivals.py --models infmae-base vit-base \
        swin-base convnext-base --threads 2
"""

import argparse
import time
from collections.abc import Callable

import measure
import torch
from mmpretrain.registry import MODELS
from mmpretrain.utils import register_all_modules
from torch.utils.flop_counter import FlopCounterMode

from infmae_mm import InfMAE
from infmae_mm.engine.memory import keep_freed_memory

DTYPES = dict(none=torch.float32, bfloat16=torch.bfloat16)
MODELS_BY_NAME = {
    'infmae-base': dict(type=InfMAE, arch='base'),
    'infmae-tiny': dict(type=InfMAE, arch='tiny'),
    'infmae-mini': dict(type=InfMAE, arch='mini'),
    'vit-base': dict(
        type='VisionTransformer',
        arch='base',
        patch_size=16,
        with_cls_token=False,
        out_type='featmap',
        out_indices=(2, 5, 8, 11),
    ),
    'swin-base': dict(
        type='SwinTransformer',
        arch='base',
        out_indices=(0, 1, 2, 3),
    ),
    'swin-tiny': dict(
        type='SwinTransformer',
        arch='tiny',
        out_indices=(0, 1, 2, 3),
    ),
    'convnext-base': dict(
        type='ConvNeXt',
        arch='base',
        out_indices=(0, 1, 2, 3),
        gap_before_final_norm=False,
    ),
    'convnext-tiny': dict(
        type='ConvNeXt',
        arch='tiny',
        out_indices=(0, 1, 2, 3),
        gap_before_final_norm=False,
    ),
    'resnet-50': dict(type='ResNet', depth=50, out_indices=(0, 1, 2, 3)),
}
SIZED = ('infmae', 'vit', 'swin')


def build(name: str, args: argparse.Namespace) -> torch.nn.Module:
    """A backbone for images of ``args.size``."""
    cfg = dict(MODELS_BY_NAME[name])
    if name.startswith(SIZED):
        cfg['img_size'] = args.size
    return MODELS.build(cfg).to(args.device)


def forward_backward(
    model: torch.nn.Module, x: torch.Tensor, amp: str, training: bool
) -> Callable[[], None]:
    """A function that runs a training pass, or inference."""
    model.train(training)

    def run() -> None:
        model.zero_grad()
        with (
            torch.set_grad_enabled(training),
            torch.autocast(x.device.type, DTYPES[amp], enabled=amp != 'none'),
        ):
            loss = sum(y.float().square().mean() for y in model(x))
        if training:
            loss.backward()

    return run


def work(model: torch.nn.Module, x: torch.Tensor) -> int:
    """Multiply-accumulates of a forward pass."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(x)
    return counter.get_total_flops() // 2


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        '--models',
        nargs='+',
        choices=MODELS_BY_NAME,
        default=['infmae-base', 'vit-base', 'swin-base', 'convnext-base'],
    )
    parser.add_argument('--device', default='cpu', help='cpu or cuda')
    parser.add_argument('--size', type=int, default=512, help='of the images')
    parser.add_argument('--batch-size', type=int, default=1)
    parser.add_argument('--amp', choices=DTYPES, default='none')
    parser.add_argument('--inference', action='store_true')
    parser.add_argument('--processor-time', action='store_true')
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--warmup', type=int, default=1)
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    parser.add_argument('--json', help='write the table to this file')
    args = parser.parse_args()
    if args.processor_time and args.threads > 1:
        parser.error('--processor-time is of one thread: add --threads 1')
    return args


def main() -> None:
    args = parse_args()
    torch.set_num_threads(args.threads)
    register_all_modules(init_default_scope=True)
    device = torch.device(args.device)
    if device.type == 'cpu':
        keep_freed_memory()  # as tools/train.py does
    x = torch.randn(args.batch_size, 3, args.size, args.size, device=device)
    models = {name: build(name, args) for name in args.models}
    macs = {name: work(model, x) for name, model in models.items()}
    runs = {
        name: forward_backward(model, x, args.amp, not args.inference)
        for name, model in models.items()
    }
    clock = time.process_time if args.processor_time else time.perf_counter
    seconds = measure.interleaved_medians(
        runs, device, args.repeats, args.warmup, clock
    )
    passes = 1 if args.inference else 3
    rate = {name: passes * macs[name] / seconds[name] for name in models}
    first = args.models[0]
    rows = [
        {
            'backbone': name,
            'GMAC forward': macs[name] / 1e9,
            'seconds': seconds[name],
            f'time / {first}': seconds[name] / seconds[first],
            'GMAC/s': rate[name] / 1e9,
            f'work per second, {first} over it': rate[first] / rate[name],
        }
        for name in models
    ]
    title = (
        f'{"inference" if args.inference else "training pass"}, '
        f'{args.batch_size} x {args.size} px, amp {args.amp}; '
        f'{measure.machine(device)}'
    )
    measure.report(title, rows, args.json)


if __name__ == '__main__':
    main()
