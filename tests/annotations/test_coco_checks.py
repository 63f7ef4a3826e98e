"""Annotation files that lie, and what becomes of them."""

import copy
import json
import math

import pytest

from infmae_mm.annotations.coco import CocoFile, read_coco
from infmae_mm.annotations.coco_checks import CocoChecker
from infmae_mm.annotations.error import AnnotationError

FILE = dict(
    images=[
        dict(id=i, file_name=f'{name}.png', width=40, height=30)
        for i, name in enumerate('abcd', 1)
    ],
    categories=[dict(id=7, name='Person'), dict(id=9, name='Car')],
    annotations=[
        dict(
            id=i,
            image_id=(i - 1) % 4 + 1,
            category_id=7 if i % 3 else 9,
            bbox=[i, 5, 10, 8],
            area=80,
            iscrowd=0,
        )
        for i in range(1, 13)
    ],
)
TRUE_SIZE = (30, 40)


def check(coco, **options):
    checker = CocoChecker(
        'set.json',
        lambda files: dict.fromkeys(files, TRUE_SIZE),
        **options,
    )
    return checker(coco), checker


def changed(change):
    coco = copy.deepcopy(FILE)
    change(coco)
    return coco


def each(key, **values):
    """Set keys of all images or annotations; None removes one."""

    def change(coco):
        for item in coco[key]:
            item.update({k: v for k, v in values.items() if v is not None})
            for name in (k for k, v in values.items() if v is None):
                del item[name]

    return change


def first(key, **values):
    return lambda coco: coco[key][0].update(values)


def test_a_right_file_stays_as_it_is():
    coco, checker = check(changed(lambda coco: None))
    assert coco == FILE
    assert checker.summary() == ''


@pytest.mark.parametrize(
    'change',
    [
        each('images', width=-1, height=-1),
        each('images', width=0, height=0),
        each('images', height=None),
        first('images', width=None, height='unknown'),
        each('images', width='40', height=30.0),
        each('annotations', area=None),
        each('annotations', area=0),
        each('annotations', area=math.nan),
        each('annotations', iscrowd=None),
        each('annotations', iscrowd='0', ignore='false'),
        each('annotations', id=0),
        each('annotations', id=None),
        each('annotations', id=5),
        lambda coco: [
            a.update(image_id=str(a['image_id'])) for a in coco['annotations']
        ],
        lambda coco: [
            a.update(category_id=float(a['category_id']))
            for a in coco['annotations']
        ],
        lambda coco: [i.update(id=str(i['id'])) for i in coco['images']],
        lambda coco: [c.update(id=str(c['id'])) for c in coco['categories']],
        lambda coco: [
            a.update(bbox=[str(v) for v in a['bbox']])
            for a in coco['annotations']
        ],
    ],
)
def test_what_is_certain_is_filled_in(change):
    coco, checker = check(changed(change))
    assert not checker.dropped
    assert [(i['height'], i['width']) for i in coco['images']] == [
        TRUE_SIZE
    ] * 4
    images = {i['id']: i['file_name'] for i in coco['images']}
    classes = {c['id']: c['name'] for c in coco['categories']}
    found = [
        (
            images[a['image_id']],
            classes[a['category_id']],
            a['bbox'],
            a['area'],
        )
        for a in coco['annotations']
    ]
    assert found == [
        (
            'abcd'[a['image_id'] - 1] + '.png',
            'Car' if a['category_id'] == 9 else 'Person',
            a['bbox'],
            80,
        )
        for a in FILE['annotations']
    ]
    assert len({a['id'] for a in coco['annotations']}) == 12


def test_boxes_and_areas_of_polygons():
    triangle = [[2.0, 3.0, 12.0, 3.0, 2.0, 11.0]]
    change = each('annotations', bbox=None, area=None, segmentation=triangle)
    coco, checker = check(changed(change), need_masks=True)
    # the same polygon for each: of one image and class it is there twice
    assert checker.dropped == {'there twice': 4}
    for annotation in coco['annotations']:
        assert annotation['bbox'] == [2, 3, 10, 8]
        assert annotation['area'] == 40


@pytest.mark.parametrize(
    ('change', 'expected'),
    [
        (
            each('images', width=30, height=40),
            ('a.png has 40x30 pixels, but 30x40', 'exchanged', '1 more'),
        ),
        (first('images', width=80, height=60), ('a.png', '80x60')),
        (first('images', file_name='b.png'), ("file_name 'b.png'",)),
        (first('images', id=2), ('two images have the id 2',)),
        (first('images', id=None), ('images[0]', 'None')),
        (first('categories', name='Car'), ("name 'Car'",)),
        (first('categories', id=9), ('id 9',)),
        (first('annotations', image_id=99), ('annotation 1', 'image_id 99')),
        (first('annotations', image_id=[1]), ('annotation 1', '[1]')),
        (first('annotations', image_id=True), ('annotation 1', 'True')),
        (first('images', file_name='./b.png'), ("file_name 'b.png'", 'two')),
        (first('annotations', category_id=8), ('annotation 1', 'id 8')),
        (first('annotations', bbox=[1, 2, 3]), ('annotation 1', 'a.png')),
        (first('annotations', bbox=None), ('annotation 1', 'None')),
        (first('annotations', bbox=[1, 2, math.nan, 3]), ('1 (image', 'nan')),
        (first('annotations', bbox=[1, 2, math.inf, 3]), ('1 (image', 'inf')),
        (first('annotations', bbox=[9, 2, -3, 3]), ('negative size',)),
        (first('annotations', iscrowd='maybe'), ('annotation 1', "'maybe'")),
        (
            each('annotations', bbox=[0.2, 0.5, 0.25, 0.3]),
            ('annotation 1', 'fractions', '9 more'),
        ),
        (
            each('annotations', bbox=[30, 20, 39, 28]),
            ('12 boxes lie outside', 'corners'),
        ),
    ],
)
def test_what_is_doubtful_names_file_and_annotation(change, expected):
    with pytest.raises(AnnotationError) as error:
        check(changed(change))
    for part in ('set.json', *expected):
        assert part in str(error.value)


def test_sizes_of_files_can_be_trusted():
    change = each('images', width=30, height=40)
    coco, checker = check(changed(change), trust_files=True)
    assert coco == FILE
    assert '4' in checker.summary()


def test_unknown_sizes_need_local_files():
    coco = changed(each('images', width=-1))
    with pytest.raises(AnnotationError, match='a.png has the height 30'):
        CocoChecker('set.json', None)(coco)


def test_what_is_dropped_is_counted():
    def change(coco):
        # so many that two outside are few
        coco['annotations'] = [
            dict(a, id=12 * n + a['id'], bbox=[a['id'], n, 9, 8])
            for n in range(5)
            for a in coco['annotations']
        ]
        boxes = ([50, 5, 9, 9], [3, 3, 0, 4], [3, 3, 0.5, 4], [35, 5, 7, 9])
        for annotation, bbox in zip(coco['annotations'], boxes, strict=False):
            annotation['bbox'] = bbox
        coco['annotations'].append(dict(coco['annotations'][-1], id=99))
        coco['annotations'][4]['ignore'] = True

    coco, checker = check(changed(change))
    assert checker.dropped == {
        'outside of their image': 1,
        'without area': 1,
        'narrower than 1 pixel': 1,
        'there twice': 1,
        'marked to be ignored': 1,
    }
    assert checker.filled == {'boxes clipped to their image': 1}
    assert [35.0, 5.0, 5.0, 9.0] in [a['bbox'] for a in coco['annotations']]
    assert len(coco['annotations']) == 61 - 5
    for part in ('outside of their image: 1', 'clipped to their image: 1'):
        assert part in checker.summary()


@pytest.mark.parametrize(
    'shape',
    [
        None,
        [],
        [[]],
        [[1, 2, 3, 4]],
        [[1, 2, 3, 4, 5, math.nan]],
        [[0.1, 0.2, 0.3, 0.4, 0.5, 0.2]],  # fractions
        dict(counts=[0, 5], size=[40, 30]),
        dict(counts=[0, 5], size=[30, 40]),  # too few
        dict(counts=[1201, -1], size=[30, 40]),
        dict(counts=None, size=[30, 40]),
        dict(counts='x', size=[30, 40]),  # which pycocotools takes
        dict(counts='o28f000000000000000000U', size=[30, 40]),  # cut off
        dict(counts='PU1', size=[30, 40]),  # no pixel
        dict(counts=[1199, 1], size=[30, 40]),  # elsewhere than the box
    ],
)
def test_masks_are_there_where_they_are_learnt(shape):
    coco = changed(first('annotations', segmentation=shape))
    check(copy.deepcopy(coco))
    with pytest.raises(AnnotationError, match=r'annotation 1 \(image a.png'):
        check(coco, need_masks=True)


@pytest.mark.parametrize('shape', [None, [], {}, [[1, 2]], 'x'])
def test_crowds_have_a_shape_where_masks_are_learnt(shape):
    """mmdet reads one of each box, also of those that are left out."""
    polygon = [[1, 5, 30, 5, 30, 13, 1, 13]]
    coco = changed(each('annotations', segmentation=polygon))
    coco['annotations'][0].update(iscrowd=1, segmentation=shape)
    coco, checker = check(coco, need_masks=True)
    shape = coco['annotations'][0]['segmentation']
    assert shape == [[1, 5, 11, 5, 11, 13, 1, 13]]
    assert checker.filled['shapes of crowds'] == 1


@pytest.mark.parametrize(
    ('content', 'expected'),
    [
        (b'', 'is not a COCO file'),
        (b'\xff\xd8\xff\xe0', 'is not a COCO file'),
        (b'[{"image_id": 1, "bbox": [1, 2, 3, 4], "score": 1}]', 'a result'),
        (b'{"shapes": [], "imagePath": "a.png"}', 'shapes, imagePath'),
        (b'{"images": {}, "categories": [], "annotations": []}', 'of images'),
        (b'{"images": [3], "categories": []}', 'of images'),
        (b'[' * 100_000, 'is not a COCO file'),
    ],
)
def test_what_is_no_annotation_file(tmp_path, content, expected):
    path = tmp_path / 'some.json'
    path.write_bytes(content)
    with pytest.raises(AnnotationError, match='some.json') as error:
        read_coco(str(path))
    assert expected in str(error.value)


@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'utf-16'])
def test_encodings_of_json(tmp_path, encoding):
    path = tmp_path / 'some.json'
    path.write_bytes(json.dumps(FILE, ensure_ascii=False).encode(encoding))
    assert read_coco(str(path)) == FILE


def test_root_that_roboflow_puts_above_its_classes(tmp_path, image):
    """The project and its one class have one name."""
    coco = changed(each('annotations', category_id=7))
    root = dict(id=0, name='Person', supercategory='none')
    person = dict(id=7, name='Person', supercategory='Person')
    coco['categories'] = [root, person]
    path = tmp_path / '_annotations.coco.json'
    path.write_text(json.dumps(coco))
    assert read_coco(str(path))['categories'] == [person]
    coco['annotations'][0]['category_id'] = 0
    path.write_text(json.dumps(coco))
    for name in 'abcd':
        image(f'{name}.png')
    with pytest.raises(AnnotationError, match="have the name 'Person'"):
        CocoFile(str(path), image_dir=str(tmp_path))


def test_files_of_the_images_are_looked_at(tmp_path, image):
    for name in 'abc':
        image(f'pictures/{name}.png')
    path = tmp_path / 'some.json'
    path.write_text(json.dumps(changed(each('images', width=-1))))
    with pytest.raises(AnnotationError, match='1 of the 4 images .*/d.png'):
        CocoFile(str(path))
    image('pictures/d.png')
    source = CocoFile(str(path))
    assert source.image_dir.name == 'pictures'
    assert source.read('a').size == TRUE_SIZE
    assert [box.name for box in source.read('a').boxes] == [
        'Person',
        'Person',
        'Car',
    ]
    path.write_text(path.read_text().replace('a.png', '.\\\\a.png'))
    assert CocoFile(str(path)).read('a').file_name == './a.png'
