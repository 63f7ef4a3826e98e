import json
import runpy
from pathlib import Path

import cv2
import numpy as np
import pytest

TOOLS = Path(__file__).parents[2] / 'tools' / 'dataset_converters'


def tool(name):
    main = runpy.run_path(str(TOOLS / f'{name}.py'))['main']
    return lambda *args: main([str(arg) for arg in args])


@pytest.fixture(scope='session')
def convert():
    """The converter of M3FD."""
    return tool('m3fd2coco')


@pytest.fixture(scope='session')
def to_coco():
    """The converter of everything."""
    return tool('to_coco')


@pytest.fixture
def boxes_of():
    """Boxes of each image of a JSON file: (class, left, top, right, bottom).

    Coordinates are rounded to a thousandth of a pixel.
    """

    def boxes_of(path):
        coco = json.loads(Path(path).read_text())
        classes = {c['id']: c['name'] for c in coco['categories']}
        boxes = {image['id']: [] for image in coco['images']}
        for annotation in coco['annotations']:
            x, y, w, h = annotation['bbox']
            corners = (round(float(v), 3) for v in (x, y, x + w, y + h))
            boxes[annotation['image_id']].append(
                (classes[annotation['category_id']], *corners)
            )
        return {
            Path(i['file_name']).name: sorted(boxes[i['id']])
            for i in coco['images']
        }

    return boxes_of


@pytest.fixture
def image(tmp_path):
    """Writes a black image of 40x30 below the folder of the test."""

    def write(name, size=(40, 30)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.zeros(size[::-1], np.uint8))
        return path

    return write


@pytest.fixture
def yolo(tmp_path, image):
    """A folder of images and one of labels, classes.txt above them."""
    for name in ('a', 'b', 's/c'):
        image(f'images/{name}.png')
    labels = tmp_path / 'labels'
    (labels / 's').mkdir(parents=True)
    (labels / 'a.txt').write_text(
        '0 0.5 0.5 0.25 0.2\n\n1 0.875 0.9 0.25 0.2\n'
    )
    # a polygon: a triangle
    (labels / 's' / 'c.txt').write_text('1 0.1 0.1 0.5 0.1 0.1 0.5\n')
    (tmp_path / 'classes.txt').write_text('person\ncar\n')
    return tmp_path
