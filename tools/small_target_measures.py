"""Measure predictions of small targets, of any network, from files.

PREDICTIONS holds a picture of each image, 8 or 16 bit, whose greatest value
means certainty, or a .npy or .mat file of one array: probabilities, 0 to 1.
MASKS holds a mask for each prediction, of its name, with --mask-suffix before
the ending. Predictions of 0 and 1, or missing for some masks, are an error.

Examples:
    python tools/small_target_measures.py predictions NUDT-SIRST/masks
    python tools/small_target_measures.py predictions SIRST/masks \
        --mask-suffix _pixels0 --split SIRST/test.txt
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from infmae_mm.annotations.masks import read_mask
from infmae_mm.annotations.names import listed_names
from infmae_mm.files import check_new_folder
from infmae_mm.small_target.datasets import SIRSTDataset
from infmae_mm.small_target.measures import SmallTargetMeasures
from infmae_mm.small_target.predictions import (
    PREDICTION_SUFFIXES,
    Predictions,
    pair_files,
)
from infmae_mm.small_target.report import THRESHOLDS, table, write_report
from infmae_mm.small_target.transforms import scaled_mask
from infmae_mm.thermal.formats import SUFFIXES


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('predictions', type=Path, help='folder')
    parser.add_argument('masks', type=Path, help='folder')
    parser.add_argument('--mask-suffix', default='', metavar='TEXT')
    parser.add_argument(
        '--split',
        metavar='NAMES.txt',
        help='measure the predictions that this file lists, one a line; '
        'default: one of each mask',
    )
    parser.add_argument(
        '--out',
        type=Path,
        metavar='DIR',
        help='new or empty folder for results of each image and curves',
    )
    return parser.parse_args(argv)


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
    predictions = files(args.predictions, PREDICTION_SUFFIXES)
    masks = files(args.masks, SUFFIXES)
    measures = SmallTargetMeasures(
        thresholds=THRESHOLDS if args.out else (), keep_images=bool(args.out)
    )
    reader = Predictions()
    try:
        names = list(listed_names(args.split)) if args.split else None
        pairs = pair_files(predictions, masks, args.mask_suffix, names)
        for path, mask_path in pairs:
            found, mask = reader.read(path), read_mask(str(mask_path))
            slip = SIRSTDataset.RESIZED_MASKS.get(path.stem)
            if slip == (found.shape, mask.shape):
                print(f'{mask_path} is scaled to the size of its image.')
                mask = scaled_mask(mask, found.shape)
            measures.update(found, mask, str(path))
        reader.check()
    except ValueError as error:
        sys.exit(f'error: {error}')
    print(table(measures))
    if reason := measures.reason_of_zero():
        print(reason)
    if args.out:
        write_report(measures, str(args.out))
        print(f'Results and curves are in {args.out}.')


if __name__ == '__main__':
    main()
