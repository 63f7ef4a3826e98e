"""What preparing a pre-training set costs.

Three measurements:
- images per second and core: decoding alone (read the file, cv2.imdecode to
  grey) and all statistics (decoding, entropy, hash), in turns, in one process;
- seconds and peak memory of removing near-duplicates among more and more
  hashes, random ones and clustered ones (videos of 40 frames on average), each
  in a process of its own, with the exponent of growth;
- whether the anchors are those of an exact comparison with all.

Without a folder, scenes of 640x512 pixels are rendered for the first one.
"""

import argparse
import math
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from measure import machine, report, resident

from infmae_mm.curation.near_duplicates import find_anchors, plan_chunks
from infmae_mm.curation.statistics import measure_statistics
from infmae_mm.synthetic.scenes import render_scene
from infmae_mm.thermal.dataset import scan_images


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument('folder', nargs='?', help='folder tree of images')
    parser.add_argument('--images', type=int, default=128, help='to measure')
    parser.add_argument('--rounds', type=int, default=9)
    parser.add_argument(
        '--hashes',
        type=int,
        nargs='+',
        default=[50_000, 100_000, 200_000, 500_000],
    )
    parser.add_argument('--distance', type=int, default=8)
    parser.add_argument(
        '--exact',
        type=int,
        default=20_000,
        metavar='N',
        help='hashes for the comparison with all',
    )
    parser.add_argument(
        '--faiss',
        type=int,
        metavar='N',
        help='also time faiss.IndexBinaryMultiHash with the same chunks on N\n'
        'random hashes (needs faiss-cpu)',
    )
    args = parser.parse_args()
    counts = [args.images, args.rounds, args.exact, *args.hashes]
    if min(counts) < 1:
        parser.error('all numbers must be 1 or more')
    return args


def render_jpegs(folder: str, number: int) -> None:
    """Write scenes of 640x512 pixels."""
    for i in range(number):
        image = render_scene(np.random.default_rng(i), (512, 640)).image
        cv2.imwrite(str(Path(folder, f'{i:04}.jpg')), image)


def decode(path: str) -> np.ndarray:
    """Decode and do no more."""
    data = np.frombuffer(Path(path).read_bytes(), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)


def measure_images(paths: list[str], rounds: int) -> list[dict]:
    """Time decoding and statistics in turns."""
    steps = dict(decoding=decode, statistics=measure_statistics)
    seconds: dict[str, list[tuple[float, float]]] = {n: [] for n in steps}
    for i in range(rounds + 1):
        for name in sorted(steps, reverse=i % 2 == 0):
            taken = timed(lambda f=steps[name]: [f(path) for path in paths])
            if i:  # the first round warms up
                seconds[name].append(taken)
    rows = []
    for kind, column in (('processor', 0), ('wall', 1)):
        times = {name: [t[column] for t in s] for name, s in seconds.items()}
        row = {
            f'{name} (images/s)': len(paths) / statistics.median(values)
            for name, values in times.items()
        }
        # of each round, in which both met the same load of the machine
        ratio = statistics.median(
            a / b
            for a, b in zip(
                times['decoding'], times['statistics'], strict=True
            )
        )
        rows.append({'time': kind, **row, 'statistics : decoding': ratio})
    return rows


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Processor and wall seconds of a call."""
    processor, wall = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - processor, time.perf_counter() - wall


def make_hashes(kind: str, number: int) -> np.ndarray:
    """Random hashes, or frames of videos: (N,), uint64.

    A frame differs from its video's first one in up to eight bits.
    """
    rng = np.random.default_rng(number)
    if kind == 'random':
        return rng.integers(0, 2**64, number, np.uint64)
    videos = rng.integers(0, 2**64, max(number // 40, 1), np.uint64)
    hashes = np.sort(rng.choice(videos, number))
    for _ in range(8):
        moved = rng.random(number) < 0.5
        bits = rng.integers(0, 64, moved.sum(), np.uint64)
        hashes[moved] ^= np.uint64(1) << bits
    return hashes


def _search(kind, number, distance, results) -> None:
    hashes = make_hashes(kind, number)
    before = resident('VmRSS')
    anchors = []
    processor, wall = timed(
        lambda: anchors.append(find_anchors(hashes, distance))
    )
    kept = int((anchors[0] == np.arange(number)).sum())
    memory = (before >> 20, resident('VmHWM') >> 20)
    results.put((kept, processor, wall, *memory))


def measure_search(kind: str, numbers: list[int], distance: int) -> list[dict]:
    """Time the search in a process for each number of hashes."""
    context = multiprocessing.get_context('spawn')
    rows = []
    for number in numbers:
        results = context.Queue()
        arguments = (kind, number, distance, results)
        process = context.Process(target=_search, args=arguments)
        process.start()
        kept, processor, wall, before, after = results.get()
        process.join()
        row = {
            'hashes': f'{number} {kind}',
            'kept': kept,
            'processor s': processor,
            'wall s': wall,
            'MiB before': before,
            'MiB at most': after,
        }
        growth = ''
        if rows:
            first = rows[0]['processor s']
            growth = math.log(processor / first) / math.log(
                number / numbers[0]
            )
        rows.append({**row, 'exponent': growth})
    return rows


def compare_exactly(kind: str, hashes: np.ndarray, distance: int) -> dict:
    """Compare with the definition: each hash with all anchors before it."""
    kept = np.empty(0, np.int64)
    expected = np.empty(len(hashes), np.int64)
    for i, word in enumerate(hashes):
        apart = np.bitwise_count(hashes[kept] ^ word)
        near = kept[apart <= distance]
        expected[i] = near[0] if near.size else i
        if not near.size:
            kept = np.append(kept, i)
    found = find_anchors(hashes, distance)
    gone = expected != np.arange(len(hashes))
    missed = gone & (found == np.arange(len(hashes)))
    return {
        'hashes': f'{len(hashes)} {kind}',
        'to remove': int(gone.sum()),
        'recall': 1 - missed.sum() / max(gone.sum(), 1),
        'all anchors equal': bool((found == expected).all()),
    }


def measure_faiss(number: int, distance: int) -> dict:
    """Time faiss on random hashes, without the anchors' order."""
    import faiss

    faiss.omp_set_num_threads(1)
    hashes = make_hashes('random', number)
    codes = hashes.view(np.uint8).reshape(-1, 8)
    plan = plan_chunks(distance)
    index = faiss.IndexBinaryMultiHash(
        64, len(plan), min(bits for _, bits, _ in plan)
    )
    index.nflip = max(radius for _, _, radius in plan)
    processor, wall = timed(
        # faiss excludes its radius
        lambda: (index.add(codes), index.range_search(codes, distance + 1))
    )
    ours = timed(lambda: find_anchors(hashes, distance))
    return {
        'hashes': f'{number} random',
        'faiss, processor s': processor,
        'faiss, wall s': wall,
        'ours, processor s': ours[0],
        'ours, wall s': ours[1],
    }


def main() -> None:
    args = parse_args()
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    where = machine(torch.device('cpu'))
    with tempfile.TemporaryDirectory() as rendered:
        folder = args.folder or rendered
        if not args.folder:
            render_jpegs(rendered, args.images)
        paths = [str(Path(folder, name)) for name in scan_images(folder)]
        if not paths:
            raise SystemExit(f'error: there is no image in {folder}')
        paths = paths[: args.images]
        rows = measure_images(paths, args.rounds)
        words = [measure_statistics(path).hash for path in paths]
    title = f'{len(paths)} images of {args.folder or "rendered scenes"}'
    report(f'{title}, one core\n{where}', rows, None)
    for kind in ('random', 'clustered'):
        rows = measure_search(kind, args.hashes, args.distance)
        report(f'near-duplicates within {args.distance} bits', rows, None)
    sets = {
        'of images': np.array(words, np.uint64),
        'random': make_hashes('random', args.exact),
        'clustered': make_hashes('clustered', args.exact),
    }
    rows = [
        compare_exactly(kind, hashes, args.distance)
        for kind, hashes in sets.items()
    ]
    report('against an exact comparison with all', rows, None)
    if args.faiss:
        row = measure_faiss(args.faiss, args.distance)
        report('faiss.IndexBinaryMultiHash, one thread', [row], None)


if __name__ == '__main__':
    main()
