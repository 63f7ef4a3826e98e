"""Time a full optimizer step of pre-training.

Compares, interleaved in one run: our pre-training, the dense masked form of
the same network, and mmpretrain's MAE with a ViT of the same size.
"""

import argparse
from collections.abc import Callable

import measure
import torch
from mmpretrain.registry import MODELS
from mmpretrain.utils import register_all_modules
from torch.utils.flop_counter import FlopCounterMode

from infmae_mm.archs import ARCHS
from infmae_mm.engine.memory import keep_freed_memory
from infmae_mm.pretrain import InfMAEPretrainer
from infmae_mm.pretrain.dense_reference import DenseReferenceEncoder

NAMES = ('ours', 'dense reference', 'MAE')
VIT = dict(tiny='deit-tiny', small='deit-small', base='base', large='large')
DTYPES = dict(
    none=torch.float32, bfloat16=torch.bfloat16, float16=torch.float16
)


def build(name: str, args: argparse.Namespace) -> torch.nn.Module:
    """One of the three models, on the device."""
    if name == 'MAE':
        register_all_modules(init_default_scope=True)
        dims = dict(tiny=192, small=384, base=768, large=1024)[args.arch]
        backbone = dict(type='MAEViT', arch=VIT[args.arch], patch_size=16)
        neck = dict(
            type='MAEPretrainDecoder',
            embed_dim=dims,
            decoder_embed_dim=512,
            decoder_depth=8,
            decoder_num_heads=16,
        )
        loss = dict(type='PixelReconstructionLoss', criterion='L2')
        head = dict(type='MAEPretrainHead', loss=loss)
        model = MODELS.build(
            dict(type='MAE', backbone=backbone, neck=neck, head=head)
        )
    else:
        encoder = 'InfMAEPretrainEncoder'
        model = InfMAEPretrainer(
            backbone=dict(
                type=encoder if name == 'ours' else DenseReferenceEncoder,
                arch=args.arch,
                masking=dict(
                    type='InformationAwareMasking', stride=args.stride
                ),
            ),
            neck=dict(
                type='InfMAEPretrainDecoder',
                embed_dims=ARCHS[args.arch]['embed_dims'][2],
                decoder_depth=args.decoder_depth,
            ),
        )
    return model.to(args.device).train()


def training_step(
    device: str, name: str, args: argparse.Namespace
) -> Callable[[], None]:
    """A function that makes one optimizer step of a model."""
    torch.set_num_threads(args.threads)
    model = build(name, args)
    # One optimizer for all, so that it does not decide the comparison.
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=1e-4, betas=(0.9, 0.95), fused=True
    )
    scaler = torch.amp.GradScaler(device, enabled=args.amp == 'float16')
    x = torch.randn(args.batch_size, 1, args.img_size, args.img_size)
    x = x.to(device).expand(-1, 3, -1, -1)
    if name == 'MAE':
        x = x.contiguous()
    loss_function = model.loss
    if args.compile:
        loss_function = torch.compile(loss_function)

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast(
            torch.device(device).type,
            DTYPES[args.amp],
            enabled=args.amp != 'none',
        ):
            loss = loss_function(x, None)['loss']
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    return step


def two_steps(device: str, name: str, args: argparse.Namespace) -> Callable:
    """Two steps: the second one has the optimizer's state in memory."""
    step = training_step(device, name, args)
    return lambda: (step(), step())


def flops(name: str, args: argparse.Namespace) -> int:
    """Floating-point operations of a step: three times the forward pass.

    The counter takes a depth-wise convolution's backward pass for that of a
    full one, so only the forward pass is counted.
    """
    model = build(name, args)
    x = torch.randn(args.batch_size, 3, args.img_size, args.img_size)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.loss(x.to(args.device), None)
    return 3 * counter.get_total_flops()


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--device', default='cpu', help='cpu or cuda')
    parser.add_argument('--batch-size', type=int, default=16)
    parser.add_argument('--amp', choices=DTYPES, default='none')
    parser.add_argument('--arch', choices=VIT, default='base')
    parser.add_argument(
        '--img-size', type=int, default=224, help='MAE needs 224'
    )
    parser.add_argument('--stride', type=int, default=4)
    parser.add_argument('--decoder-depth', type=int, default=2)
    parser.add_argument(
        '--models', nargs='+', choices=NAMES, default=NAMES, help='what to run'
    )
    parser.add_argument('--compile', action='store_true')
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    parser.add_argument(
        '--memory-batch-size',
        type=int,
        help='batch of the memory figures; --batch-size if left out',
    )
    parser.add_argument(
        '--profile', action='store_true', help='profile a step of ours too'
    )
    parser.add_argument('--json', help='write the table to this file')
    return parser.parse_args()


def profile(args: argparse.Namespace) -> None:
    """Print where the time of a step of ours goes."""
    step = training_step(args.device, 'ours', args)
    step()
    with torch.profiler.profile() as profiler:
        step()
        measure.synchronize(torch.device(args.device))
    cuda = torch.device(args.device).type == 'cuda'
    key = 'self_cuda_time_total' if cuda else 'self_cpu_time_total'
    table = profiler.key_averages().table(
        sort_by=key, row_limit=15, max_name_column_width=40
    )
    print(table)


def main() -> None:
    args = parse_args()
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    if device.type == 'cpu':
        keep_freed_memory()  # as tools/train.py does
    memory_args = argparse.Namespace(
        **{
            **vars(args),
            'batch_size': args.memory_batch_size or args.batch_size,
        }
    )
    memory = {
        name: measure.peak_memory(two_steps, args.device, name, memory_args)
        for name in args.models
    }
    work = {name: flops(name, args) for name in args.models}
    peak = measure.matmul_peak(device, DTYPES[args.amp])
    steps = {
        name: training_step(args.device, name, args) for name in args.models
    }
    # the first steps take memory that the others keep
    seconds = measure.interleaved_medians(
        steps, device, args.repeats, warmup=4
    )
    first = args.models[0]
    rows = [
        {
            'model': name,
            'step (s)': seconds[name],
            'images/s': args.batch_size / seconds[name],
            f'time / {first}': seconds[name] / seconds[first],
            'peak memory (GiB)': memory[name] / 2**30,
            f'memory / {first}': memory[name] / memory[first],
            'TFLOP / step': work[name] / 1e12,
            'of matmul peak': work[name] / seconds[name] / peak,
        }
        for name in args.models
    ]
    title = (
        f'{args.arch}, {args.img_size} px, batch {args.batch_size} (memory: '
        f'{memory_args.batch_size}), amp {args.amp}, compile {args.compile}; '
        f'{measure.machine(device)}; matrix products reach '
        f'{peak / 1e12:.3g} TFLOP/s'
    )
    measure.report(title, rows, args.json)
    if args.profile:
        profile(args)


if __name__ == '__main__':
    main()
