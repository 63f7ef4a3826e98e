"""Draw what a model will see: samples of a dataset after its pipeline.

Writes contact sheets: pictures as the pipeline of the config yields them,
with the labels, boxes or targets that come with them. Works with configs of
mmpretrain, mmseg and mmdet.

Example:
    python tools/browse_thermal.py \
        configs/segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py \
        --data-root MSRS --out look
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.registry import DATASETS, init_default_scope

import infmae_mm.thermal  # noqa: F401  (registers transforms and a dataset)
from infmae_mm.drawing.contact_sheet import contact_sheet
from infmae_mm.drawing.samples import SampleDrawer
from infmae_mm.engine.launch import load_config
from infmae_mm.files import check_new_folder, write_atomically
from infmae_mm.thermal.reading import UnreadableImageError

COLUMNS, ROWS = 4, 4


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--out',
        required=True,
        type=Path,
        metavar='DIR',
        help='new or empty folder to write to',
    )
    parser.add_argument(
        '--split', choices=('train', 'val', 'test'), default='train'
    )
    parser.add_argument(
        '--num',
        type=int,
        default=16,
        help='samples, spread evenly over the dataset (default: 16)',
    )
    parser.add_argument(
        '--size',
        type=int,
        default=320,
        metavar='PIXELS',
        help='side of the square that each picture fits into (default: 320)',
    )
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        help='of random transforms (default: 0)',
    )
    parser.add_argument(
        '--data-root', metavar='DIR', help='folder of the datasets'
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action='extend',
        default=[],
        metavar='KEY=VALUE',
        help='override options of the config',
    )
    args = parser.parse_args(argv)
    if args.num < 1 or args.size < 32 or args.seed < 0:
        parser.error('--num >= 1, --size >= 32 and --seed >= 0 are needed')
    # of training, which `load_config` asks for
    args.work_dir, args.launcher = None, 'none'
    return args


def build_dataset(args: argparse.Namespace):
    """Build the dataset of the split, with its pipeline."""
    cfg = load_config(args, needs_model=False)
    loader = cfg.get(f'{args.split}_dataloader')
    if not loader:
        raise ValueError(f'{args.config} has no {args.split}_dataloader.')
    init_default_scope(cfg.get('default_scope') or 'mmengine')
    return DATASETS.build(loader.dataset)


def browse(args: argparse.Namespace) -> None:
    """Write the sheets."""
    check_new_folder(args.out)
    dataset = build_dataset(args)
    random.seed(args.seed)
    np.random.seed(args.seed)
    torch.manual_seed(args.seed)
    drawer = SampleDrawer(dataset.metainfo, args.size, args.size)
    spread = np.linspace(0, len(dataset) - 1, min(args.num, len(dataset)))
    tiles = []
    for i in spread.round().astype(int).tolist():
        tiles += drawer.draw(dataset[i])
    per_sheet = COLUMNS * ROWS
    for number, start in enumerate(range(0, len(tiles), per_sheet)):
        part = tiles[start : start + per_sheet]
        rows = [part[i : i + COLUMNS] for i in range(0, len(part), COLUMNS)]
        sheet = contact_sheet(rows, args.size, args.size)
        legend = drawer.legend(sheet.shape[1])
        if legend is not None:
            sheet = np.concatenate([sheet, legend])
        path = args.out / f'{args.split}_{number:03}.png'
        write_atomically(cv2.imencode('.png', sheet)[1].tobytes(), path)
        print(path)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    try:
        browse(args)
    except (OSError, ValueError, UnreadableImageError) as error:
        raise SystemExit(f'error: {error}') from error


if __name__ == '__main__':
    main()
