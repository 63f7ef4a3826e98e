"""Time the measures of small targets: images per second, on one core.

Pictures as a trained network gives them (few components), and with noise
(thousands of components in each). The time is that of the processor, so that
other work on a shared machine counts as little as possible; wall time is
given beside it. So is how far memory grows from the first image on.
"""

import argparse
import json
import resource
import time

import cv2
import numpy as np

from infmae_mm.small_target import SmallTargetMeasures
from infmae_mm.small_target.report import THRESHOLDS


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument('--images', type=int, default=1000)
    parser.add_argument('--size', type=int, default=512)
    parser.add_argument(
        '--noise', type=float, default=0, help='share of noisy pixels'
    )
    parser.add_argument('--curves', action='store_true')
    args = parser.parse_args()
    if args.images < 1 or args.size < 32 or not 0 <= args.noise <= 1:
        parser.error('--images from 1, --size from 32, --noise from 0 to 1')
    return args


def render(size: int, noise: float, seed: int) -> tuple[np.ndarray, ...]:
    """A probability and a mask, some targets and one false alarm."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((size, size), np.uint8)
    found = np.zeros((size, size), np.float32)
    for x, y in rng.integers(8, size - 8, (4, 2)).tolist():
        cv2.circle(mask, (x, y), 3, 1, -1)
        cv2.circle(found, (x + 1, y), 3, 1.0, -1)
    cv2.circle(found, rng.integers(8, size - 8, 2).tolist(), 2, 0.8, -1)
    found = cv2.GaussianBlur(found, (0, 0), 1)
    found += rng.random(found.shape, np.float32) * 0.01
    found[rng.random(found.shape) < noise] = 0.9
    return found.clip(0, 1), mask.astype(bool)


def main() -> None:
    args = parse_args()
    cv2.setNumThreads(1)
    pictures = [render(args.size, args.noise, seed) for seed in range(16)]
    measures = SmallTargetMeasures(THRESHOLDS if args.curves else ())
    measures.update(*pictures[0])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu, wall = time.process_time(), time.perf_counter()
    for i in range(args.images):
        measures.update(*pictures[i % len(pictures)])
    measures.compute()
    result = dict(
        images=args.images,
        size=args.size,
        cpu_seconds=round(time.process_time() - cpu, 3),
        wall_seconds=round(time.perf_counter() - wall, 3),
        memory_growth_kib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        - before,
    )
    print(json.dumps(result))


if __name__ == '__main__':
    main()
