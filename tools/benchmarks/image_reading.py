"""Milliseconds per image: LoadThermalImage against cv2.imread.

Both read the same files, in turns image by image, in this one process and
thread. Medians of the processor's time over all images and rounds, so that
other work on a shared machine counts as little as possible.

    python tools/benchmarks/image_reading.py hit_uav/JPEGImages
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
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
    parser.add_argument('--rounds', type=int, default=9)
    parser.add_argument('--json', help='file for the figures')
    return parser.parse_args()


def timed(load: Callable, path: str) -> float:
    """Load once; return milliseconds of the processor."""
    start = time.process_time_ns()
    load(path)
    return (time.process_time_ns() - start) / 1e6


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
        ours, theirs = [], []
        for i in range(args.rounds + 1):
            for j, path in enumerate(paths):
                turns = [
                    (ours, lambda p: transform(dict(img_path=p))),
                    (theirs, lambda p: cv2.imread(p, mode)),
                ]
                for times, load in turns if (i + j) % 2 else turns[::-1]:
                    taken = timed(load, path)
                    if i:  # the first round warms up
                        times.append(taken)
        rows.append(
            {
                'channels': channels,
                'LoadThermalImage ms': statistics.median(ours),
                'cv2.imread ms': statistics.median(theirs),
                'ratio': statistics.median(ours) / statistics.median(theirs),
            }
        )
    report(f'{len(paths)} images of {root}', rows, args.json)


if __name__ == '__main__':
    main()
