"""What converted annotations hold, for people."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from .coco_boxes import MISFIT_SHARE
from .records import COUNTS, LabelledImage

SIZES = (0, 8, 16, 32, 64, 96)
"""Steps of the histogram: square root of a box's area, in pixels."""


def print_summary(
    title: str, images: Sequence[LabelledImage], classes: Sequence[str]
) -> None:
    """Print the boxes of each class by size, and what was changed."""
    steps = [f'{a}-{b}' for a, b in zip(SIZES, SIZES[1:], strict=False)]
    print(f'{title}: {len(images)} images')
    table = Table()
    for column in ('class', 'images', 'boxes', *steps, f'{SIZES[-1]}-'):
        table.add_column(
            column, justify='left' if column == 'class' else 'right'
        )
    for class_ in classes:
        boxes = [
            [box.corners for box in image.boxes if box.name == class_]
            for image in images
        ]
        counts = [0] * len(SIZES)
        for left, top, right, bottom in (b for of in boxes for b in of):
            size = ((right - left) * (bottom - top)) ** 0.5
            counts[sum(size >= step for step in SIZES) - 1] += 1
        with_it = sum(map(bool, boxes))
        table.add_row(class_, *map(str, (with_it, sum(counts), *counts)))
    Console(width=100).print(table)
    totals = {
        text: sum(image.counts[key] for image in images)
        for key, text in COUNTS.items()
    }
    print('boxes ' + '; '.join(f'{text}: {n}' for text, n in totals.items()))
    without = sum(not image.boxes for image in images)
    unlabelled = sum(image.counts['unlabelled'] for image in images)
    print(
        f'images without a box: {without}'
        + (f', {unlabelled} of them without a file' if unlabelled else '')
    )


def warnings_of(
    images: Sequence[LabelledImage], first_pixel: int, to_yolo: bool = False
) -> list[str]:
    """What speaks against the boxes, or is lost of them."""
    texts = []
    other = [i for i in images if i.declared_size not in (None, i.size)]
    if other:
        texts.append(
            f'{len(other)} annotations give another size than their image '
            f"has (the first: {other[0].file_name}); the image's is taken."
        )
    misfits = [image for image in images if image.counts['misfit']]
    count = sum(image.counts['misfit'] for image in misfits)
    if count > MISFIT_SHARE * sum(len(image.boxes) for image in images):
        texts.append(
            f'{count} boxes lie outside of their image for the most part '
            f'(the first: {misfits[0].file_name}): are they of other images, '
            'or corners where a centre and a size are meant?'
        )
    at_zero = sum(image.counts['at_zero'] for image in images)
    if at_zero and first_pixel == 1:
        texts.append(
            f'{at_zero} boxes begin at 0, so coordinates may count from 0: '
            'see --first-pixel.'
        )
    crowds = sum(box.crowd for image in images for box in image.boxes)
    if crowds and to_yolo:
        texts.append(
            f'{crowds} regions that are left out of measures (iscrowd) are '
            'not written: YOLO has no such thing.'
        )
    if images and all(image.counts['unlabelled'] for image in images):
        texts.append('no image has a file of labels: where do they lie?')
    elif not any(image.boxes for image in images):
        texts.append('there is no box at all.')
    return texts
