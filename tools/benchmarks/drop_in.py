"""Try InfMAE in upstream's installed configs, by the lines of the docs.

Each config of docs/any_config.csv is inherited by a file with the lines of its
family from docs/any_config.md, and takes one training step and one prediction
on random images, with random weights, in a process of its own.

Examples:
    python tools/benchmarks/drop_in.py --out drop_in_results.csv
    python tools/benchmarks/drop_in.py --only mmdet/yolox mmseg/fcn
"""

import argparse
import csv
import importlib
import multiprocessing
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config, ConfigDict
from mmengine.logging import MessageHub
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import MODELS, init_default_scope
from mmengine.structures import PixelData

import infmae_mm
from infmae_mm.archs import parse_arch
from infmae_mm.backbone import InfMAE
from infmae_mm.engine import BackboneFitHook, check_backbone_fit

Size = tuple[int, int]
DOCS = Path(__file__).parents[2] / 'docs'


def read_families(page: Path = DOCS / 'any_config.md') -> dict[str, str]:
    """The lines of each family: the first block of Python of its section."""
    families = {}
    for section in re.split(r'^#{2,3} ', page.read_text(), flags=re.M)[1:]:
        block = re.search(r'```python\n(.*?)```', section, flags=re.S)
        if block:
            families[section.split('\n', 1)[0].strip()] = block[1]
    return families


def read_configs(table: Path = DOCS / 'any_config.csv') -> dict[str, str]:
    """The family of each config, '' where none fits."""
    with table.open(newline='') as file:
        return {row['config']: row['family'] for row in csv.DictReader(file)}


def without_downloads(cfg: ConfigDict) -> None:
    """Take out of a model every weight that would be downloaded."""
    for key, value in list(cfg.items()):
        if key == 'init_cfg' and value and 'Pretrained' in str(value):
            cfg[key] = None
            continue
        if key in ('teacher_ckpt', 'pretrained'):
            cfg[key] = None
            continue
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(item, ConfigDict):
                without_downloads(item)


def for_arch(lines: str, arch: str) -> str:
    """The same lines, written for ``arch='base'``, for another size."""
    base, other = (parse_arch(name)[0] for name in ('base', arch))
    channels = dict(zip(map(str, base), map(str, other), strict=True))
    lines = lines.replace("arch='base'", f'arch={arch!r}')
    pattern = rf'\b({"|".join(channels)})\b'
    return re.sub(pattern, lambda number: channels[number[1]], lines)


def load(config: str, lines: str, folder: Path, size: Size) -> Config:
    """Inherit an installed config, and add the lines of its family."""
    package, _, name = config.partition('/')
    root = Path(importlib.import_module(package).__file__).parent
    base = root / '.mim' / 'configs' / name
    path = folder / 'mine.py'
    path.write_text(f'_base_ = {str(base)!r}\n{lines}')
    cfg = Config.fromfile(path)
    without_downloads(cfg.model)
    without_processes(cfg.model)
    if 'prototype' in cfg.model:
        # in place of the features of a gallery
        cfg.model.prototype = torch.rand(4, cfg.model.head.in_channels)
    if 'teacher_config' in cfg.model:
        teacher = root / '.mim' / cfg.model.teacher_config
        cfg.model.teacher_config = str(teacher)
    if 'data_preprocessor' in cfg:
        # as MMEngine's runner does
        cfg.model.setdefault('data_preprocessor', cfg.data_preprocessor)
    stay_small(cfg.model.get('data_preprocessor') or ConfigDict(), size)
    return cfg


def without_processes(cfg: ConfigDict) -> None:
    """Take batch norm in place of MMCV's, which wants a process group."""
    for value in cfg.values():
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(item, ConfigDict):
                if item.get('type') == 'MMSyncBN':
                    item.type = 'BN'
                without_processes(item)


def stay_small(preprocessor: ConfigDict, size: Size) -> None:
    """Pad batches to the size of the random images, not of real ones."""
    if preprocessor.get('size') is not None:
        preprocessor.size = size
    for augment in preprocessor.get('batch_augments') or []:
        if augment.type == 'BatchFixedSizePad':
            augment.size = size


def detection_batch(model: torch.nn.Module, cfg: Config, size: Size) -> dict:
    """Two images with boxes, a segmentation, and masks if they are loaded."""
    from mmdet.testing import demo_mm_inputs, demo_mm_proposals

    shapes = [[3, *size]] * 2
    data = demo_mm_inputs(
        2,
        shapes,
        num_items=[4, 4],
        num_classes=2,
        with_mask="'with_mask': True" in str(cfg.train_dataloader),
        with_semantic=True,
    )
    if getattr(model, 'with_rpn', True) is False:
        proposals = demo_mm_proposals(shapes, 50)
        for sample, proposal in zip(
            data['data_samples'], proposals, strict=True
        ):
            sample.proposals = proposal
    return data


def segmentation_batch(
    model: torch.nn.Module, cfg: Config, size: Size
) -> dict:
    """Two images with a label in each pixel."""
    from mmseg.structures import SegDataSample

    samples = []
    for _ in range(2):
        labels = torch.randint(0, 2, (1, *size))
        sample = SegDataSample(gt_sem_seg=PixelData(data=labels))
        sample.set_metainfo(
            dict(
                img_shape=size,
                ori_shape=size,
                pad_shape=size,
                padding_size=[0, 0, 0, 0],
            )
        )
        samples.append(sample)
    images = [
        torch.randint(0, 256, (3, *size), dtype=torch.uint8) for _ in samples
    ]
    return dict(inputs=images, data_samples=samples)


def classification_batch(
    model: torch.nn.Module, cfg: Config, size: Size
) -> dict:
    """Two images with a label each."""
    from mmpretrain.structures import DataSample

    images = torch.randint(0, 256, (2, 3, *size), dtype=torch.uint8)
    several = type(model.head).__name__ == 'CSRAClsHead'
    samples = [DataSample() for _ in images]
    for i, sample in enumerate(samples):
        if several:
            sample.set_gt_score(torch.eye(20)[i])
        else:
            sample.set_gt_label(i)
    return dict(inputs=images, data_samples=samples)


BATCHES = dict(
    mmdet=detection_batch,
    mmseg=segmentation_batch,
    mmpretrain=classification_batch,
)


def try_config(config: str, lines: str, size: Size) -> str:
    """Take one training step and one prediction.

    Returns:
        str: The parameters of the backbone without a gradient.
    """
    torch.manual_seed(0)
    np.random.seed(0)
    package = config.split('/')[0]
    with tempfile.TemporaryDirectory() as folder:
        cfg = load(config, lines, Path(folder), size)
    init_default_scope(package)
    model = MODELS.build(cfg.model)
    model.init_weights()
    # of a semi-supervised detector, the detector
    model = getattr(model, 'student', model)
    backbone = next(m for m in model.modules() if isinstance(m, InfMAE))
    check_backbone_fit(model)
    BackboneFitHook().watch(model)
    batch = BATCHES[package](model, cfg, size)
    model = revert_sync_batchnorm(model)
    for key in ('iter', 'epoch'):
        # some augmentations of batches ask where the training is
        MessageHub.get_current_instance().update_info(key, 0)
    model.train()
    data = model.data_preprocessor(batch, True)
    losses = model(**data, mode='loss')
    loss, _ = model.parse_losses(losses)
    loss.backward()
    without = [
        name
        for name, parameter in backbone.named_parameters()
        if parameter.requires_grad and parameter.grad is None
    ]
    model.eval()
    with torch.no_grad():
        batch = BATCHES[package](model, cfg, size)
        data = model.data_preprocessor(batch, False)
        model(**data, mode='predict')
    return ' '.join(without)


def _child(config: str, lines: str, size: Size, log: str) -> None:
    with open(log, 'w') as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        without = try_config(config, lines, size)
        print(f'\nWITHOUT GRADIENT: {without}', flush=True)


def run(config: str, lines: str, size: Size, timeout: float) -> dict:
    """Try a config in a process of its own.

    Returns:
        dict: A row: 'config', 'result', 'without_gradient', 'error'.
    """
    context = multiprocessing.get_context('fork')
    with tempfile.NamedTemporaryFile('r', suffix='.log') as log:
        process = context.Process(
            target=_child, args=(config, lines, size, log.name)
        )
        process.start()
        process.join(timeout)
        error = ''
        if process.is_alive():
            process.kill()
            process.join()
            error = f'no end within {timeout:.0f} s'
        printed = [line for line in log.read().splitlines() if line.strip()]
    if not error and process.exitcode:
        error = printed[-1] if printed else f'exit {process.exitcode}'
    without = '' if error else printed[-1].partition(': ')[2]
    return dict(
        config=config,
        result='failed' if error else 'works',
        without_gradient=without,
        error=error[:300],
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description='Try InfMAE in installed configs.'
    )
    parser.add_argument('--only', nargs='+', metavar='PART', default=[''])
    parser.add_argument(
        '--arch',
        choices=['base', 'tiny'],
        default='base',
        help='size of the network; tiny is faster, with the channels of the '
        'lines replaced (default: base, as the lines are)',
    )
    parser.add_argument(
        '--size',
        nargs=2,
        type=int,
        default=[256, 320],
        metavar=('HEIGHT', 'WIDTH'),
        help='of the random images (default: 256 320)',
    )
    parser.add_argument('--timeout', type=float, default=600, metavar='S')
    parser.add_argument('--out', metavar='FILE.csv', help='default: printed')
    args = parser.parse_args(argv)
    families = read_families()
    chosen = {
        config: family
        for config, family in read_configs().items()
        if family and any(part in config for part in args.only)
    }
    for package in {config.split('/')[0] for config in chosen}:
        # once, in place of in every process
        importlib.import_module(f'{package}.utils').register_all_modules(False)
    torch.set_num_threads(int(os.environ.get('OMP_NUM_THREADS', 1)))
    print(f'infmae_mm {infmae_mm.__version__}: {len(chosen)} configs')
    out = Path(args.out) if args.out else None
    columns = 'config', 'family', 'result', 'without_gradient', 'error'
    with out.open('w', newline='') if out else nullcontext(sys.stdout) as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for config, family in chosen.items():
            lines = for_arch(families[family], args.arch)
            row = run(config, lines, tuple(args.size), args.timeout)
            writer.writerow({'family': family, **row})
            file.flush()


if __name__ == '__main__':
    main()
