"""Annotation files with values that do not belong there, at random."""

import copy
import json
import random

import pytest

from infmae_mm.annotations.coco import read_coco
from infmae_mm.annotations.coco_checks import CocoChecker
from infmae_mm.annotations.error import AnnotationError
from infmae_mm.annotations.voc import VocFolder
from infmae_mm.annotations.yolo import yolo_folder

SIZE = (30, 40)
COCO = dict(
    images=[
        dict(id=i, file_name=f'{i}.png', width=40, height=30) for i in range(3)
    ],
    categories=[dict(id=1, name='Person'), dict(id=2, name='Car')],
    annotations=[
        dict(
            id=i,
            image_id=i % 3,
            category_id=1 + i % 2,
            bbox=[i, 5, 10, 8],
            area=80,
            iscrowd=0,
            segmentation=[[i, 5, i + 10, 5, i + 10, 13]],
        )
        for i in range(1, 9)
    ],
)
JUNK = (
    *(None, True, '', 'x', '7', ' 1 ', -1, 0, 1.5, 10**30, -(10**30), 1e308),
    *(float('nan'), float('inf'), [], {}, [1], [[]], [None] * 4, ['a'] * 4),
    *([1, 2, 3, float('nan')], dict(counts='x', size=[30, 40]), [[1] * 7]),
)


def corrupted(content, rng):
    """The same with one to three values replaced, removed or doubled."""
    content = copy.deepcopy(content)
    for _ in range(rng.randint(1, 3)):
        node = content
        while True:
            keys = list(node) if isinstance(node, dict) else range(len(node))
            if not keys:
                break
            key = rng.choice(list(keys))
            deeper = isinstance(node[key], (dict, list)) and node[key]
            if deeper and rng.random() < 0.85:
                node = node[key]
                continue
            kind = rng.random()
            if kind < 0.7:
                node[key] = copy.deepcopy(rng.choice(JUNK))
            elif kind < 0.85:
                del node[key]
            elif isinstance(node, list):
                node.append(copy.deepcopy(node[key]))
            break
    return content


@pytest.mark.slow
@pytest.mark.parametrize('masks', [False, True])
def test_coco_is_right_afterwards_or_refused(tmp_path, masks):
    rng, path = random.Random(12), tmp_path / 'set.json'
    refused = 0
    for _ in range(600):
        path.write_text(json.dumps(corrupted(COCO, rng)))
        checker = CocoChecker(
            str(path),
            lambda files: dict.fromkeys(files, SIZE),
            need_masks=masks,
        )
        try:
            coco = checker(read_coco(str(path)))
        except AnnotationError as error:
            assert 'set.json' in str(error)
            refused += 1
            continue
        images = {image['id'] for image in coco['images']}
        classes = {category['id'] for category in coco['categories']}
        for annotation in coco['annotations']:
            left, top, width, height = annotation['bbox']
            assert 0 <= left < left + width <= 40
            assert 0 <= top < top + height <= 30
            assert annotation['area'] > 0
            assert annotation['image_id'] in images
            assert annotation['category_id'] in classes
            assert annotation.get('iscrowd', 0) in (0, 1)
        ids = [annotation['id'] for annotation in coco['annotations']]
        assert len(set(ids)) == len(ids)
    assert 100 < refused < 500


def changed(text, rng):
    """A text with some bytes removed, doubled or replaced."""
    content = bytearray(text.encode())
    for _ in range(rng.randint(1, 2)):
        at = rng.randrange(len(content))
        end = at + rng.choice((1, 1, 2, 8, 40))
        content[at:end] = rng.choice(
            (b'', content[at:end] * 2, rng.randbytes(3), b'-1', b'nan', b'9e9')
        )
    return bytes(content)


@pytest.mark.slow
def test_xml_and_yolo_are_right_afterwards_or_refused(tmp_path, image):
    rng = random.Random(12)
    xml = (
        '<?xml version="1.0" encoding="utf-8"?><annotation><size><width>40'
        '</width><height>30</height></size><object><name>Car</name><bndbox>'
        '<xmin>3</xmin><ymin>4</ymin><xmax>15</xmax><ymax>20</ymax></bndbox>'
        '</object></annotation>'
    )
    yolo = '0 0.5 0.5 0.25 0.4\n1 0.1 0.1 0.3 0.1 0.3 0.4\n'
    image('images/a.png')
    for name in ('xml', 'labels'):
        (tmp_path / name).mkdir()
    (tmp_path / 'labels' / 'classes.txt').write_text('Person\nCar\n')
    read = refused = 0
    for _ in range(300):
        (tmp_path / 'xml' / 'a.xml').write_bytes(changed(xml, rng))
        (tmp_path / 'labels' / 'a.txt').write_bytes(changed(yolo, rng))
        for source in (
            lambda: VocFolder(str(tmp_path / 'xml'), classes=['Car']),
            lambda: yolo_folder(str(tmp_path / 'labels')),
        ):
            try:
                found = source().read('a')
            except AnnotationError as error:
                assert 'a.xml' in str(error) or 'a.txt' in str(error)
                refused += 1
                continue
            read += 1
            for box in found.boxes:
                left, top, right, bottom = box.corners
                assert 0 <= left < right <= 40 and 0 <= top < bottom <= 30
    assert read > 20 and refused > 200
