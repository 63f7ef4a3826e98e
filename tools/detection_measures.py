"""Measure detections of any program, such as YOLOv8, from a file.

PREDICTIONS is a JSON list in COCO's format: image_id, category_id, bbox (left,
top, width, height in pixels of the whole image) and score. ANNOTATIONS is the
COCO file of the set. The measures are those of this project's detectors:
COCO's, of the best 100 detections of an image, and the AP50 of each class.

Example, what YOLOv8 writes (yolo val ... save_json=True conf=0.001):
    python tools/detection_measures.py predictions.json m3fd_val.json \
        --image-ids stems --category-ids 0
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from mmengine.logging import MMLogger
from rich.console import Console
from rich.table import Table

from infmae_mm.annotations.coco import read_checked
from infmae_mm.annotations.error import AnnotationError
from infmae_mm.detection import ClasswiseCocoMetric
from infmae_mm.detection.predictions import (
    PredictionError,
    check_places,
    class_labels,
    image_keys,
    read_predictions,
    samples,
)
from infmae_mm.files import write_atomically


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('predictions', type=Path, metavar='PREDICTIONS')
    parser.add_argument('annotations', type=Path, metavar='ANNOTATIONS')
    parser.add_argument(
        '--image-ids',
        required=True,
        choices=['stems', 'annotations'],
        help='what image_id is: the name of the image without its ending, as '
        'a number if it has digits only; or the id in ANNOTATIONS',
    )
    parser.add_argument(
        '--category-ids',
        required=True,
        choices=['annotations', '0', '1'],
        help='what category_id is: the id in ANNOTATIONS, or a number that '
        'counts the classes from 0 or from 1',
    )
    parser.add_argument(
        '--classes',
        nargs='+',
        metavar='NAME',
        help='the order in which the program counts the classes; default: '
        'that of ANNOTATIONS',
    )
    parser.add_argument(
        '--out', type=Path, metavar='FILE.json', help='write the measures too'
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    args = parse_args(argv)
    if args.out is not None and args.out.exists():
        raise SystemExit(f'error: {args.out} exists: choose another name')
    try:
        annotations, changes = read_checked(str(args.annotations))
        predictions = read_predictions(
            args.predictions,
            image_keys(annotations, args.image_ids),
            class_labels(annotations, args.category_ids, args.classes),
        )
        check_places(args.predictions, annotations, predictions)
    except (AnnotationError, PredictionError, OSError) as error:
        raise SystemExit(f'error: {error}') from error
    if changes:
        print(f'{args.annotations}: {changes}.')
    count = sum(map(len, predictions.values()))
    if not count:
        raise SystemExit(f'error: {args.predictions} has no detection')
    MMLogger.get_current_instance().setLevel('WARNING')
    metric = ClasswiseCocoMetric(ann_file=str(args.annotations), metric='bbox')
    metric.dataset_meta = dict(
        classes=tuple(c['name'] for c in annotations['categories'])
    )
    metric.process({}, list(samples(annotations, predictions)))
    measures = metric.evaluate(len(annotations['images']))

    table = Table(
        title=f'{count} detections in {len(annotations["images"])} images'
    )
    table.add_column('measure')
    table.add_column('value', justify='right')
    for name, value in measures.items():
        table.add_row(name, f'{value:.3f}')
    Console().print(table)
    if args.out is not None:
        write_atomically(json.dumps(measures, indent=2).encode(), args.out)
    return measures


if __name__ == '__main__':
    main()
