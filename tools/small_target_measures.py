"""Measure predictions of small targets, of any network, from files.

PREDICTIONS holds a picture of each image, 8 or 16 bit, whose greatest value
means certainty, or a .npy file of probabilities, 0 to 1. MASKS holds a mask
for each prediction, of its name, with --mask-suffix before the ending.

Example:
    python tools/small_target_measures.py predictions NUDT-SIRST/masks
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from infmae_mm.files import check_new_folder
from infmae_mm.small_target.measures import SmallTargetMeasures
from infmae_mm.small_target.report import THRESHOLDS, table, write_report
from infmae_mm.small_target.transforms import read_mask
from infmae_mm.thermal.reading import SUFFIXES, read_image


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('predictions', type=Path, help='folder')
    parser.add_argument('masks', type=Path, help='folder')
    parser.add_argument('--mask-suffix', default='', metavar='TEXT')
    parser.add_argument(
        '--out',
        type=Path,
        metavar='DIR',
        help='new or empty folder for results of each image and curves',
    )
    return parser.parse_args(argv)


def read_probability(path: Path) -> np.ndarray:
    """Read a prediction, (H, W), float, 0 to 1."""
    if path.suffix == '.npy':
        return np.load(path, allow_pickle=False)
    grey = read_image(str(path))
    if grey.dtype.kind == 'f':
        return grey
    return grey / np.float64(np.iinfo(grey.dtype).max)


def files(folder: Path, suffixes: Sequence[str]) -> dict[str, Path]:
    """Files of a folder by their names without ending."""
    if not folder.is_dir():
        sys.exit(f'error: there is no folder {folder}')
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in suffixes and path.name[0] != '.':
            if path.stem in found:
                sys.exit(f'error: {path} and {found[path.stem]}: which?')
            found[path.stem] = path
    if not found:
        sys.exit(f'error: {folder} has no file of {", ".join(suffixes)}')
    return found


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    if args.out:
        try:
            check_new_folder(args.out)
        except FileExistsError as error:
            sys.exit(f'error: {error}')
    predictions = files(args.predictions, (*SUFFIXES, '.npy'))
    masks = files(args.masks, SUFFIXES)
    measures = SmallTargetMeasures(
        thresholds=THRESHOLDS if args.out else (), keep_images=bool(args.out)
    )
    for name, path in predictions.items():
        mask = masks.get(name + args.mask_suffix)
        if mask is None:
            sys.exit(f'error: {path} has no mask in {args.masks}')
        try:
            measures.update(
                read_probability(path), read_mask(str(mask)), str(path)
            )
        except ValueError as error:
            sys.exit(f'error: {error}')
    print(table(measures))
    if args.out:
        write_report(measures, str(args.out))
        print(f'Results and curves are in {args.out}.')


if __name__ == '__main__':
    main()
