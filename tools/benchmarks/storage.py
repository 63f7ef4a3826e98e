"""Images per second and core: single files against tar shards.

Reads the same images through the same pipeline, in turns, in this one process:
as files of a list, and out of tar archives that are made of them. Time is that
of the processor. Files are in the cache: disks and networks are not measured.

    python tools/benchmarks/storage.py hit_uav/JPEGImages
"""

import argparse
import itertools
import random
import statistics
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import cv2
import torch
from measure import machine, report

from infmae_mm.thermal import InfraredImages
from infmae_mm.thermal.dataset import scan_images


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('folder', help='folder tree of images')
    parser.add_argument('--images', type=int, default=400, help='at most')
    parser.add_argument('--shards', type=int, default=4)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--json', help='write the table to this file')
    return parser.parse_args()


def write_shards(root: Path, names: list[str], to: Path, count: int) -> Path:
    """Pack the files into archives; return a list of their addresses."""
    lines = []
    for i in range(count):
        shard = to / f'{i:03d}.tar'
        with tarfile.open(shard, 'w') as tar:
            for name in names[i::count]:
                tar.add(root / name, name)
                lines.append(f'tar://{name}::{shard}')
    path = to / 'shards.txt'
    path.write_text('\n'.join(lines))
    return path


def dataset(path: Path) -> InfraredImages:
    """A list, through the pipeline of pre-training."""
    return InfraredImages(
        str(path),
        pipeline=[
            dict(type='LoadRandomResizedCrop', size=224),
            dict(type='RandomFlip', prob=0.5),
            dict(type='PackInfrared'),
        ],
    )


def main() -> None:
    args = parse_args()
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    root = Path(args.folder).resolve()
    names = list(itertools.islice(scan_images(str(root)), args.images))
    if not names:
        sys.exit(f'error: there is no image in {root}')
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder)
        files = to / 'files.txt'
        files.write_text('\n'.join(str(root / name) for name in names))
        shards = write_shards(root, names, to, args.shards)
        sets = {'files': dataset(files), 'tar shards': dataset(shards)}
        seconds = {name: [] for name in sets}
        order = list(range(len(names)))
        for i in range(args.rounds + 1):
            random.Random(i).shuffle(order)
            for name in sorted(sets, reverse=i % 2 == 0):
                start = time.process_time()
                for index in order:
                    sets[name][index]
                if i:  # the first round indexes the archives
                    seconds[name].append(time.process_time() - start)
    medians = {name: statistics.median(s) for name, s in seconds.items()}
    report(
        f'{len(names)} images of {root.name}, to 224 pixels; '
        f'{machine(torch.device("cpu"))}',
        [
            {
                'storage': name,
                'images/s and core': len(names) / taken,
                'time / files': taken / medians['files'],
            }
            for name, taken in medians.items()
        ],
        args.json,
    )


if __name__ == '__main__':
    main()
