"""Convert boxes in Pascal VOC XML to COCO JSON: M3FD, or any such folder.

Examples:
    # M3FD has no official split: m3fd_train.json and m3fd_val.json
    python tools/dataset_converters/m3fd2coco.py data/M3FD/Annotation \
        data/M3FD/m3fd.json --ratio 0.8 --seed 0
    # another set, with its own split and classes
    python tools/dataset_converters/m3fd2coco.py hit_uav/Annotations \
        hit_train.json --split-file hit_uav/ImageSets/Main/train.txt \
        --classes Person Car Bicycle OtherVehicle \
        --ignore-classes DontCare --first-pixel 0
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from infmae_mm.annotations.sequences import (
    find_sequences,
    split_sequences,
)
from infmae_mm.annotations.voc import (
    IMAGE_FOLDERS,
    VocFolder,
    VocImage,
    to_coco,
)
from infmae_mm.classes import M3FD_CLASSES
from infmae_mm.files import write_atomically

SIZES = (0, 8, 16, 32, 64, 96)
"""Steps of the histogram: square root of a box's area, in pixels."""


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Convert Pascal VOC XML to COCO JSON.',
        epilog='Boxes are clipped to the image; what has no area in it is '
        'dropped. Nothing is written before everything was read.',
    )
    parser.add_argument('xml_dir', metavar='XML_DIR', help='folder of XML')
    parser.add_argument('out', metavar='OUT.json', type=Path)
    parser.add_argument(
        '--image-dir',
        metavar='DIR',
        help='folder of the images; default: the folder '
        f'{" or ".join(IMAGE_FOLDERS)} beside XML_DIR',
    )
    parser.add_argument(
        '--classes',
        nargs='+',
        default=M3FD_CLASSES,
        metavar='CLASS',
        help='classes, in the order of their ids; default: those of M3FD',
    )
    parser.add_argument(
        '--ignore-classes',
        nargs='+',
        default=(),
        metavar='CLASS',
        help='classes to leave out',
    )
    parser.add_argument(
        '--first-pixel',
        type=int,
        choices=(0, 1),
        default=1,
        help='coordinates of the upper left pixel; 1 (default), as in Pascal '
        'VOC: right and bottom are the last pixels of a box; 0: they are '
        'the first ones outside',
    )
    parser.add_argument(
        '--split-file',
        metavar='NAMES.txt',
        help='convert the images that this file lists, one a line',
    )
    parser.add_argument(
        '--ratio',
        type=float,
        help='write OUT_train.json with this share of the images, and '
        'OUT_val.json with the others; a scene never stands in both',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of the split by --ratio'
    )
    parser.add_argument(
        '--sequence-gap',
        '--scene-gap',
        type=int,
        default=50,
        metavar='N',
        help='a larger step in the numbers of files begins a new scene',
    )
    parser.add_argument(
        '--sequence-length',
        '--scene-length',
        type=int,
        default=100,
        metavar='N',
        help='longer scenes are cut, where numbers run through the whole set',
    )
    parser.add_argument(
        '--force', action='store_true', help='replace files that exist'
    )
    args = parser.parse_args(argv)
    if args.ratio is not None and not 0 < args.ratio < 1:
        parser.error(f'--ratio must lie between 0 and 1, got {args.ratio}')
    if args.sequence_gap < 1 or args.sequence_length < 1:
        parser.error('--sequence-gap and --sequence-length must be 1 or more')
    if args.out.suffix != '.json':
        parser.error(f'OUT.json must end in .json, got {args.out}')
    return args


def outputs(folder: VocFolder, args: argparse.Namespace) -> dict[Path, list]:
    """Names of the images of each file to write."""
    if args.split_file:
        names = folder.names_in(args.split_file)
    else:
        names = folder.names()
    if args.ratio is None:
        return {args.out: names}
    scenes = find_sequences(names, args.sequence_gap, args.sequence_length)
    parts = split_sequences(scenes, args.ratio, args.seed)
    files = {}
    for part, scenes_of_part in zip(('train', 'val'), parts, strict=True):
        path = args.out.with_name(f'{args.out.stem}_{part}.json')
        files[path] = [name for scene in scenes_of_part for name in scene]
        print(f'{path.name}: {len(scenes_of_part)} of {len(scenes)} scenes')
    return files


def report(
    console: Console,
    path: Path,
    images: Sequence[VocImage],
    classes: Sequence[str],
) -> None:
    """Print what a file holds."""
    steps = [f'{a}-{b}' for a, b in zip(SIZES, SIZES[1:], strict=False)]
    print(f'{path}: {len(images)} images')
    table = Table()
    for column in ('class', 'images', 'boxes', *steps, f'{SIZES[-1]}-'):
        table.add_column(
            column, justify='left' if column == 'class' else 'right'
        )
    for class_ in classes:
        sizes = [
            ((box[2] - box[0]) * (box[3] - box[1])) ** 0.5
            for image in images
            for name, box in zip(image.names, image.boxes, strict=True)
            if name == class_
        ]
        counts = [0] * len(SIZES)
        for size in sizes:
            counts[sum(size >= step for step in SIZES) - 1] += 1
        with_it = sum(class_ in image.names for image in images)
        table.add_row(class_, *map(str, (with_it, len(sizes), *counts)))
    console.print(table)
    totals = {
        'clipped at the border of the image': sum(i.clipped for i in images),
        'dropped, without area in it': sum(i.empty for i in images),
        'of ignored classes': sum(i.ignored for i in images),
        "marked 'difficult', kept": sum(i.difficult for i in images),
    }
    print('boxes ' + '; '.join(f'{text}: {n}' for text, n in totals.items()))
    print(f'images without a box: {sum(not i.boxes for i in images)}')


def warn(images: Sequence[VocImage], first_pixel: int) -> None:
    """Tell what speaks against the boxes."""
    other = [i for i in images if i.declared_size not in (None, i.size)]
    if other:
        print(
            f'warning: {len(other)} XML files give another size than their '
            f"image has (the first: {other[0].file_name}); the image's is "
            'taken.',
            file=sys.stderr,
        )
    at_zero = sum(i.at_zero for i in images)
    if at_zero and first_pixel == 1:
        print(
            f'warning: {at_zero} boxes begin at 0, so coordinates may count '
            'from 0: see --first-pixel.',
            file=sys.stderr,
        )


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    try:
        folder = VocFolder(
            args.xml_dir,
            args.image_dir,
            args.classes,
            args.ignore_classes,
            args.first_pixel,
        )
        files = outputs(folder, args)
        there = [str(path) for path in files if path.exists()]
        if there and not args.force:
            raise FileExistsError(
                f'{" and ".join(there)}: there already; --force replaces '
                'what is there.'
            )
        images = {
            path: [folder.read(name) for name in names]
            for path, names in files.items()
        }
        for path, read in images.items():
            coco = to_coco(read, folder.classes)
            write_atomically(json.dumps(coco).encode(), path)
    except (ValueError, OSError) as error:
        sys.exit(f'error: {error}')
    console = Console(width=100)
    for path, read in images.items():
        report(console, path, read, folder.classes)
    warn([i for read in images.values() for i in read], args.first_pixel)


if __name__ == '__main__':
    main()
