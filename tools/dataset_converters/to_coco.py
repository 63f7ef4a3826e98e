"""Convert boxes to COCO JSON: VOC XML, YOLO text files, masks, COCO itself.

Examples:
    # Pascal VOC; set_train.json and set_val.json, sequences never cut
    python tools/dataset_converters/to_coco.py my_set/Annotations \
        my_set/set.json --ratio 0.8
    # YOLO: a folder of labels, or data.yaml with its own parts
    python tools/dataset_converters/to_coco.py my_set/labels set.json
    python tools/dataset_converters/to_coco.py my_set/data.yaml set.json
    # the boxes of what is white in masks
    python tools/dataset_converters/to_coco.py sirst/masks sirst.json \
        --from masks --mask-suffix _pixels0
    # and back, for programs that train on YOLO's files
    python tools/dataset_converters/to_coco.py coco_train.json \
        coco_val.json yolo_set --to yolo
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infmae_mm.annotations.coco import CocoFile, to_coco
from infmae_mm.annotations.error import AnnotationError
from infmae_mm.annotations.kinds import KINDS, kind_of
from infmae_mm.annotations.mask_folder import MaskFolder
from infmae_mm.annotations.names import IMAGE_FOLDERS
from infmae_mm.annotations.records import AnnotationSource
from infmae_mm.annotations.sequences import find_sequences, split_sequences
from infmae_mm.annotations.summary import print_summary, warnings_of
from infmae_mm.annotations.voc import VocFolder
from infmae_mm.annotations.yolo import yolo_folder
from infmae_mm.annotations.yolo_set import PARTS, write_yolo, yolo_parts
from infmae_mm.files import check_new_folder, in_a_sentence, write_atomically


@dataclass
class Part:
    """What becomes one file, or one part of a set for YOLO.

    Attributes:
        name (str): 'train', 'val', 'test', or '' for a set in one file.
        source (AnnotationSource): Where the annotations come from.
        names (list[str]): Names of its images.
    """

    name: str
    source: AnnotationSource
    names: list[str]


def parse_args(
    argv: Sequence[str] | None, defaults: dict
) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='Boxes are clipped to the image; what has no area in it is '
        'dropped. Nothing is written before everything was read.',
    )
    parser.add_argument(
        'labels',
        metavar='LABELS',
        nargs='+',
        help='folder of XML, of text files or of masks; data.yaml; a JSON '
        'file of COCO. Several with --to yolo: the parts of a set',
    )
    parser.add_argument(
        'out', metavar='OUT', type=Path, help='file .json; folder for YOLO'
    )
    parser.add_argument(
        '--from',
        dest='kind',
        choices=KINDS,
        help='what LABELS is; default: by the files in it',
    )
    parser.add_argument('--to', choices=('coco', 'yolo'), default='coco')
    parser.add_argument(
        '--image-dir',
        metavar='DIR',
        help='folder of the images; default: '
        f'{" or ".join(IMAGE_FOLDERS)} beside LABELS',
    )
    parser.add_argument(
        '--classes',
        nargs='+',
        metavar='CLASS',
        help='classes, in the order of their ids; default: those of the '
        'labels',
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
        help='of XML: coordinates of the upper left pixel; 1 (default), as '
        'in Pascal VOC: right and bottom are the last pixels of a box; 0: '
        'they are the first ones outside',
    )
    parser.add_argument(
        '--mask-suffix',
        default='',
        metavar='TEXT',
        help='what follows the name of an image in that of its mask',
    )
    parser.add_argument(
        '--trust-files',
        action='store_true',
        help='of JSON: where it gives images another size than their files '
        'have, take that of the files',
    )
    parser.add_argument(
        '--split-file',
        metavar='NAMES.txt',
        help='convert the images that this file lists, one a line',
    )
    parser.add_argument(
        '--ratio',
        type=float,
        help='make a part train with this share of the images, and a part '
        'val with the others; a sequence never stands in both',
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
        help='a larger step in the numbers of files begins a new sequence',
    )
    parser.add_argument(
        '--sequence-length',
        '--scene-length',
        type=int,
        default=100,
        metavar='N',
        help='longer sequences are cut, where numbers run through the whole '
        'set',
    )
    parser.add_argument(
        '--force', action='store_true', help='replace files that exist'
    )
    parser.set_defaults(**defaults)
    args = parser.parse_args(argv)
    if args.ratio is not None and not 0 < args.ratio < 1:
        parser.error(f'--ratio must lie between 0 and 1, got {args.ratio}')
    if args.sequence_gap < 1 or args.sequence_length < 1:
        parser.error('--sequence-gap and --sequence-length must be 1 or more')
    if args.to == 'coco' and args.out.suffix != '.json':
        parser.error(f'OUT must end in .json, got {args.out}')
    if args.to == 'yolo' and args.out.suffix in ('.json', '.yaml', '.txt'):
        parser.error(f'OUT is a folder with --to yolo, got {args.out}')
    if args.to == 'coco' and len(args.labels) > 1:
        parser.error('several LABELS are the parts of a set for --to yolo')
    if len(args.labels) > 1 and (args.ratio or args.split_file):
        parser.error('several LABELS are parts already, without a split')
    return args


def open_sources(
    labels: str, args: argparse.Namespace
) -> dict[str, AnnotationSource]:
    """Open annotations; by parts, or under '' where they have none."""
    kind = args.kind or kind_of(labels)
    common = dict(
        image_dir=args.image_dir,
        classes=args.classes,
        ignore_classes=args.ignore_classes,
    )
    if kind == 'voc':
        return {'': VocFolder(labels, first_pixel=args.first_pixel, **common)}
    if kind == 'coco':
        source = CocoFile(labels, trust_files=args.trust_files, **common)
        if source.checker.summary():
            print(f'{labels}: {source.checker.summary()}')
        return {'': source}
    if kind == 'masks':
        common['classes'] = args.classes or ('target',)
        return {'': MaskFolder(labels, mask_suffix=args.mask_suffix, **common)}
    if Path(labels).suffix.lower() in ('.yaml', '.yml'):
        return yolo_parts(labels, **common)
    return {'': yolo_folder(labels, **common)}


def parts_of(labels: str, args: argparse.Namespace) -> list[Part]:
    """What is to be written, of one argument LABELS."""
    sources = open_sources(labels, args)
    if '' not in sources:
        if args.ratio or args.split_file:
            raise AnnotationError(f'{labels} has its own parts: {[*sources]}.')
        return [Part(k, s, s.names()) for k, s in sources.items()]
    source = sources['']
    if args.split_file:
        names = source.names_in(args.split_file)
    else:
        names, alone = source.names(), source.left_out()
        if alone:
            warn(
                f'{len(alone)} images of {source.image_dir} have no label, '
                f'and are left out (the first: {alone[0]}).'
            )
    if args.ratio is None:
        return [Part('', source, names)]
    found = find_sequences(names, args.sequence_gap, args.sequence_length)
    parts = []
    for part, sequences in zip(
        ('train', 'val'),
        split_sequences(found, args.ratio, args.seed),
        strict=True,
    ):
        print(f'{part}: {len(sequences)} of {len(found)} sequences')
        names = [name for sequence in sequences for name in sequence]
        parts.append(Part(part, source, names))
    return parts


def name_parts(parts: Sequence[Part], labels: Sequence[str]) -> None:
    """Name the parts of a set for YOLO, which has no part without one."""
    for part, path in zip(parts, labels, strict=False):
        if not part.name:
            stem = Path(path).stem.lower()
            found = [name for name in PARTS if stem.endswith(name)]
            part.name = found[0] if found else 'train'
    names = [part.name for part in parts]
    if len(set(names)) < len(names):
        raise AnnotationError(
            f'Which parts are {", ".join(labels)}? Names of files end in '
            f'{", ".join(PARTS)}.'
        )
    if len({part.source.classes for part in parts}) > 1:
        raise AnnotationError(
            f'{", ".join(labels)} have other classes: '
            f'{[part.source.classes for part in parts]}. Give --classes.'
        )


def convert(args: argparse.Namespace) -> None:
    """Read everything, then write, then tell what was written."""
    parts = [part for labels in args.labels for part in parts_of(labels, args)]
    if args.to == 'yolo':
        name_parts(parts, args.labels)
        check_new_folder(args.out)
        targets = [args.out / 'images' / part.name for part in parts]
    else:
        stem = args.out.stem
        targets = [
            args.out.with_name(f'{stem}_{part.name}.json')
            if part.name
            else args.out
            for part in parts
        ]
        there = [str(path) for path in targets if path.exists()]
        if there and not args.force:
            raise FileExistsError(
                f'{" and ".join(there)}: there already; --force replaces '
                'what is there.'
            )
    read = [[p.source.read(name) for name in p.names] for p in parts]
    if args.to == 'yolo':
        write_yolo(
            args.out,
            {
                part.name: (part.source.image_dir, images)
                for part, images in zip(parts, read, strict=True)
            },
            parts[0].source.classes,
        )
    else:
        for part, images, path in zip(parts, read, targets, strict=True):
            coco = to_coco(images, part.source.classes)
            write_atomically(json.dumps(coco).encode(), path)
    for part, images, path in zip(parts, read, targets, strict=True):
        print_summary(str(path), images, part.source.classes)
    every = [image for images in read for image in images]
    for text in warnings_of(every, args.first_pixel, args.to == 'yolo'):
        warn(text)


def warn(text: str) -> None:
    print(f'warning: {text}', file=sys.stderr)


def main(argv: Sequence[str] | None = None, **defaults: object) -> None:
    args = parse_args(argv, defaults)
    try:
        convert(args)
    except (ValueError, OSError) as error:
        sys.exit(f'error: {in_a_sentence(error)}')


if __name__ == '__main__':
    main()
