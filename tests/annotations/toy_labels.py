"""What tests of the converters share."""

import pytest


def refusal(to_coco, *args):
    with pytest.raises(SystemExit) as error:
        to_coco(*args)
    return str(error.value)


def to_yolo(to_coco, coco, out, images):
    to_coco(coco, out, '--to', 'yolo', '--image-dir', images)


EXPECTED = {
    'a.png': [('car', 30, 24, 40, 30), ('person', 15, 12, 25, 18)],
    'b.png': [],
    'c.png': [('car', 4, 3, 20, 15)],
}
