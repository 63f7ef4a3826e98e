"""Measure vectors of tools/embed.py: nearest neighbours, a linear probe.

Example:
    python tools/probe.py train.npz val.npz
"""

import argparse
from collections.abc import Sequence

import numpy as np

from infmae_mm.classification import (
    knn_accuracy,
    linear_probe,
    read_features,
)
from infmae_mm.classification.features import Features


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('train', metavar='TRAIN.npz', help='to learn from')
    parser.add_argument('test', metavar='TEST.npz', help='to measure on')
    parser.add_argument(
        '--neighbors', type=int, default=20, metavar='K', help='default: 20'
    )
    args = parser.parse_args(argv)
    if args.neighbors < 1:
        parser.error('--neighbors must be 1 or more')
    return args


def check(train: Features, test: Features) -> None:
    """Refuse sets that do not belong together.

    Raises:
        ValueError: Says why.
    """
    if train.vectors.shape[1] != test.vectors.shape[1]:
        raise ValueError(
            f'Vectors have {train.vectors.shape[1]} and '
            f'{test.vectors.shape[1]} numbers: embed both with one network.'
        )
    if len(np.unique(train.labels)) < 2:
        raise ValueError('All images to learn from lie in one folder.')
    strange = sorted(set(test.labels) - set(train.labels))
    if strange:
        raise ValueError(
            f'The images to measure on lie in folders that the others do '
            f'not have: {", ".join(strange)}.'
        )


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    args = parse_args(argv)
    try:
        train, test = read_features(args.train), read_features(args.test)
        check(train, test)
        sets = (train.vectors, train.labels, test.vectors, test.labels)
        found = {
            'k-NN': knn_accuracy(*sets, neighbors=args.neighbors),
            'linear probe': linear_probe(*sets),
        }
    except (OSError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error
    _, counts = np.unique(test.labels, return_counts=True)
    found['largest class'] = 100 * counts.max() / counts.sum()
    for name, value in found.items():
        print(f'{name:14s} {value:5.1f} %')
    return found


if __name__ == '__main__':
    main()
