"""Milliseconds per image: LoadThermalImage against cv2.imread.

Both read the same files, in turns image by image, in this one process and
thread. The time of an image is the least of all rounds, of the processor:
other work on a shared machine only adds to it. Means over the images.

    python tools/benchmarks/image_reading.py hit_uav/JPEGImages
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
from measure import report

from infmae_mm.thermal import LoadThermalImage
from infmae_mm.thermal.dataset import scan_images


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument('folder', help='folder tree of images')
    parser.add_argument('--images', type=int, default=200, help='at most')
    parser.add_argument('--rounds', type=int, default=15)
    parser.add_argument('--json', help='file for the figures')
    return parser.parse_args()


def measure(
    loads: Sequence[Callable], paths: list[str], rounds: int
) -> list[float]:
    """Load each image in turns; return mean milliseconds of each way."""
    least = [[float('inf')] * len(paths) for _ in loads]
    for i in range(rounds):
        for j, path in enumerate(paths):
            for k in (0, 1) if (i + j) % 2 else (1, 0):
                start = time.process_time_ns()
                loads[k](path)
                taken = (time.process_time_ns() - start) / 1e6
                least[k][j] = min(least[k][j], taken)
    return [statistics.mean(times) for times in least]


def main() -> None:
    args = parse_args()
    cv2.setNumThreads(1)
    root = Path(args.folder)
    if not root.is_dir():
        sys.exit(f'error: there is no folder {root}')
    paths = [str(root / path) for path in scan_images(args.folder)]
    paths = paths[:: max(1, len(paths) // args.images)]
    rows = []
    for channels, flag in ((1, 'GRAYSCALE'), (3, 'COLOR')):
        transform = LoadThermalImage(channels)
        mode = getattr(cv2, f'IMREAD_{flag}')
        ours, theirs = measure(
            (
                lambda path, load=transform: load(dict(img_path=path)),
                lambda path, mode=mode: cv2.imread(path, mode),
            ),
            paths,
            args.rounds,
        )
        rows.append(
            {
                'channels': channels,
                'LoadThermalImage ms': ours,
                'cv2.imread ms': theirs,
                'ratio': ours / theirs,
            }
        )
    report(f'{len(paths)} images of {root}', rows, args.json)


if __name__ == '__main__':
    main()
