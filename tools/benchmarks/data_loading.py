"""Images per second and core: our pipeline against torchvision's.

Both read the same files of a folder, in this one process, and give what a
loader collates: grey 224x224 uint8 pictures here, normalised three-channel
float pictures there (ImageFolder's PIL loader, RandomResizedCrop(0.2, 1)
bicubic, flip, ToTensor, Normalize). Rounds alternate; medians are printed.
Time is that of the processor, so that other work on a shared machine counts
as little as possible; wall time is given beside it.
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable

import cv2
import numpy as np
import torch

from infmae_mm.thermal import InfraredImages


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument('folder', help='folder tree of images')
    parser.add_argument('--images', type=int, default=64, help='per round')
    parser.add_argument('--rounds', type=int, default=9)
    parser.add_argument('--size', type=int, default=224)
    parser.add_argument('--json', action='store_true', help='print JSON only')
    args = parser.parse_args()
    if min(args.images, args.rounds, args.size) < 1:
        parser.error('--images, --rounds and --size must be 1 or more')
    return args


def build_ours(folder: str, size: int) -> InfraredImages:
    """Our training pipeline."""
    return InfraredImages(
        folder,
        pipeline=[
            dict(type='LoadRandomResizedCrop', size=size),
            dict(type='RandomFlip', prob=0.5),
            dict(type='PackInfrared'),
        ],
    )


def build_torchvision(paths: list[str], size: int) -> Callable:
    """Do what ``ImageFolder`` does with a file, without class folders."""
    from torchvision import transforms
    from torchvision.datasets.folder import pil_loader

    transform = transforms.Compose(
        [
            transforms.RandomResizedCrop(
                size,
                scale=(0.2, 1.0),
                interpolation=transforms.InterpolationMode.BICUBIC,
            ),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize([0.425] * 3, [0.2] * 3),
        ]
    )
    return lambda i: transform(pil_loader(paths[i]))


def measure(load: Callable, indices: list[int]) -> tuple[float, float]:
    """Load images; return processor and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    for i in indices:
        load(i)
    return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    args = parse_args()
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    np.random.seed(0)
    torch.manual_seed(0)
    try:
        dataset = build_ours(args.folder, args.size)
    except OSError as error:
        sys.exit(f'error: {error}')
    paths = [dataset.get_data_info(i)['img_path'] for i in range(len(dataset))]
    loads = {
        'ours': dataset.__getitem__,
        'torchvision': build_torchvision(paths, args.size),
    }
    draw = random.Random(0)
    seconds = {name: [] for name in loads}
    for i in range(args.rounds + 1):
        indices = draw.choices(range(len(paths)), k=args.images)
        # who comes second finds the files in the cache: take turns, and
        # read them all before
        for index in indices:
            with open(paths[index], 'rb') as file:
                file.read()
        for name in sorted(loads, reverse=i % 2 == 0):
            taken = measure(loads[name], indices)
            if i:  # the first round warms up
                seconds[name].append(taken)

    result = dict(
        folder=args.folder,
        images=len(paths),
        size=args.size,
        rounds=args.rounds,
        images_per_round=args.images,
    )
    for kind, column in (('cpu', 0), ('wall', 1)):
        rates = {
            name: args.images / statistics.median(t[column] for t in times)
            for name, times in seconds.items()
        }
        result[kind] = {
            **{f'{name}_images_per_s': rates[name] for name in rates},
            # per round, so that both see the same load of the machine
            'ratio': statistics.median(
                b[column] / a[column]
                for a, b in zip(
                    seconds['ours'], seconds['torchvision'], strict=True
                )
            ),
        }
    if args.json:
        print(json.dumps(result, indent=2))
        return
    print(f'{len(paths)} images in {args.folder}, to {args.size} pixels')
    print('images/s and core |    ours | torchvision | ratio')
    for kind in ('cpu', 'wall'):
        row = result[kind]
        print(
            f'{kind + " time":17} | {row["ours_images_per_s"]:7.1f} | '
            f'{row["torchvision_images_per_s"]:11.1f} | {row["ratio"]:5.2f}'
        )


if __name__ == '__main__':
    main()
