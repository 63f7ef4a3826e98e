"""Networks of a wing, whole: a training pass and inference.

Ours against other backbones under the same head, or against the networks of
its field, in turns in one run: seconds, peak memory, FLOPs, and what part they
are of those of a large matrix product. Images are random, weights too.

    python tools/benchmarks/whole_networks.py segmentation --amp bfloat16
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import measure
import numpy as np
import torch
from backbone_rivals import DTYPES, MODELS_BY_NAME
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import MODELS, init_default_scope
from mmengine.structures import PixelData
from mmengine.utils import import_modules_from_strings
from mmseg.structures import SegDataSample
from torch.utils.flop_counter import FlopCounterMode

from infmae_mm.engine.memory import keep_freed_memory

CONFIGS = Path(__file__).parents[2] / 'configs'
CHANNELS = {
    'swin-base': [128, 256, 512, 1024],
    'convnext-base': [128, 256, 512, 1024],
    'resnet-50': [256, 512, 1024, 2048],
}


class Wing(NamedTuple):
    """Size of the images, and configs by the name of the network.

    A name of ``CHANNELS`` takes that backbone in place of the config's own.
    """

    size: int
    configs: dict[str, str]


UPERNET = 'segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py'
MASK_RCNN = 'detection/mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py'
WINGS = dict(
    segmentation=Wing(
        512,
        {
            'infmae-base': UPERNET,
            'mae-base': 'segmentation/rivals/'
            'mae-base_upernet_1xb2-240k_msrs-512x512.py',
            **dict.fromkeys(CHANNELS, UPERNET),
        },
    ),
    detection=Wing(
        1024,
        {
            'infmae-base': MASK_RCNN,
            'mae-base': 'detection/rivals/'
            'mask-rcnn_mae-base_fpn_1xb2-260k_m3fd-1024x1024.py',
            **dict.fromkeys(CHANNELS, MASK_RCNN),
        },
    ),
    small_target=Wing(
        512,
        {
            'infmae-tiny': 'small_target/infmae-tiny_1xb8-1200_sirst-128x128'
            '_scratch.py',
            'infmae-mini': 'small_target/infmae-mini_1xb8-1200_sirst-128x128'
            '.py',
            'unet-c8': 'small_target/unet-c8_1xb8-1200_sirst-128x128.py',
            'acm': 'small_target/acm_1xb8-1200_sirst-128x128.py',
            'mshnet': 'small_target/mshnet_1xb8-1200_sirst-128x128.py',
            'dnanet': 'small_target/dnanet_1xb8-1200_sirst-128x128.py',
        },
    ),
)


def build(name: str, args: argparse.Namespace) -> torch.nn.Module:
    """A network of the wing, with weights that nothing was learnt from."""
    cfg = Config.fromfile(CONFIGS / WINGS[args.wing].configs[name])
    import_modules_from_strings(**cfg.custom_imports)
    init_default_scope(cfg.default_scope)
    model = cfg.model
    if name in CHANNELS:
        backbone = MODELS_BY_NAME[name]
        model.backbone = dict(backbone, type=f'mmpretrain.{backbone["type"]}')
        if name.startswith('swin'):
            model.backbone.img_size = args.size
        part = model.neck if args.wing == 'detection' else model.decode_head
        part.in_channels = CHANNELS[name]
        if auxiliary := model.get('auxiliary_head'):
            auxiliary.in_channels = CHANNELS[name][auxiliary.in_index]
    elif 'backbone' in model:
        model.backbone.init_cfg = None
    if 'size' in model.data_preprocessor:  # what it pads to
        model.data_preprocessor.size = (args.size, args.size)
    return revert_sync_batchnorm(MODELS.build(model)).to(args.device)


def batch_of(model: torch.nn.Module, args: argparse.Namespace) -> dict:
    """Random images with labels, as a data loader gives them."""
    size = (args.size, args.size)
    if args.wing == 'detection':
        from mmdet.testing import demo_mm_inputs

        return demo_mm_inputs(
            args.batch_size,
            [(3, *size)] * args.batch_size,
            num_items=[10] * args.batch_size,
            num_classes=model.roi_head.bbox_head.num_classes,
        )
    channels = len(model.data_preprocessor.mean)
    random = np.random.default_rng(0)
    inputs, samples = [], []
    for _ in range(args.batch_size):
        image = random.integers(0, 256, (channels, *size), np.uint8)
        inputs.append(torch.from_numpy(image))
        classes = random.integers(0, 2, (1, *size), np.int64)
        shapes = dict.fromkeys(('img_shape', 'ori_shape', 'pad_shape'), size)
        sample = SegDataSample(metainfo=shapes)
        sample.gt_sem_seg = PixelData(data=torch.from_numpy(classes))
        samples.append(sample)
    return dict(inputs=inputs, data_samples=samples)


def passes(
    device: str, name: str, training: bool, args: argparse.Namespace
) -> Callable[[], None]:
    """A function that makes a training pass, or predicts a batch."""
    torch.set_num_threads(args.threads)
    model = build(name, args).train(training)
    batch = batch_of(model, args)
    amp = torch.autocast(
        torch.device(device).type,
        DTYPES[args.amp],
        enabled=args.amp != 'none',
    )

    def train() -> None:
        model.zero_grad()
        with amp:
            loss = total_loss(model, batch)
        loss.backward()

    def predict() -> None:
        with amp, torch.no_grad():
            model.test_step(batch)

    return train if training else predict


def total_loss(model: torch.nn.Module, batch: dict) -> torch.Tensor:
    """The sum of the losses of a batch."""
    losses = model(**model.data_preprocessor(batch, True), mode='loss')
    return model.parse_losses(losses)[0]


def flops(name: str, args: argparse.Namespace) -> int:
    """Floating-point operations of the forward part of a training pass."""
    model = build(name, args).train()
    batch = batch_of(model, args)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        total_loss(model, batch)
    return counter.get_total_flops()


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('wing', choices=WINGS)
    parser.add_argument('--models', nargs='+', help='some of the networks')
    parser.add_argument('--device', default='cpu', help='cpu or cuda')
    parser.add_argument('--size', type=int, help='of the images')
    parser.add_argument(
        '--batch-size', type=int, default=2, help='UperNet needs two or more'
    )
    parser.add_argument('--amp', choices=DTYPES, default='none')
    parser.add_argument('--repeats', type=int, default=3)
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    parser.add_argument('--json', help='write the table to this file')
    args = parser.parse_args()
    wing = WINGS[args.wing]
    args.size = args.size or wing.size
    args.models = args.models or list(wing.configs)
    if unknown := set(args.models) - set(wing.configs):
        parser.error(f'--models: no {", ".join(sorted(unknown))}')
    on_processor = torch.device(args.device).type == 'cpu'
    if args.wing == 'detection' and args.amp != 'none' and on_processor:
        parser.error("--amp: MMCV's RoIAlign has float32 alone on processors")
    return args


def main() -> None:
    args = parse_args()
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    memory = {
        name: measure.peak_memory(passes, args.device, name, True, args)
        for name in args.models
    }
    if device.type == 'cpu':
        keep_freed_memory()  # as tools/train.py does
    work = {name: flops(name, args) for name in args.models}
    peak = measure.matmul_peak(device, DTYPES[args.amp])
    seconds = {}
    for training in (True, False):
        runs = {
            name: passes(args.device, name, training, args)
            for name in args.models
        }
        seconds[training] = measure.interleaved_medians(
            runs, device, args.repeats
        )
    first = args.models[0]
    rows = [
        {
            'network': name,
            'TFLOP forward': work[name] / 1e12,
            'training (s)': seconds[True][name],
            f'time / {first}': seconds[True][name] / seconds[True][first],
            'of matmul peak': 3 * work[name] / seconds[True][name] / peak,
            'peak memory (GiB)': memory[name] / 2**30,
            'inference (s)': seconds[False][name],
            f'inference / {first}': seconds[False][name]
            / seconds[False][first],
        }
        for name in args.models
    ]
    title = (
        f'{args.wing}, {args.batch_size} x {args.size} px, amp {args.amp}; '
        f'{measure.machine(device)}; matrix products reach '
        f'{peak / 1e12:.3g} TFLOP/s'
    )
    measure.report(title, rows, args.json)


if __name__ == '__main__':
    main()
