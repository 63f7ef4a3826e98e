"""Detections of other programs, measured as ours are."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

TOOL = Path(__file__).parents[2] / 'tools' / 'detection_measures.py'
CLASSES = ['People', 'Car', 'Lamp']


@pytest.fixture(scope='module')
def main():
    tool = runpy.run_path(str(TOOL))['main']
    return lambda *args: tool([str(arg) for arg in args])


@pytest.fixture
def truth():
    """Twelve images, numbered from 0 by name and from 1 by id."""
    rng = np.random.default_rng(0)
    return dict(
        images=[
            dict(id=i + 1, file_name=f'{i:05d}.png', height=96, width=128)
            for i in range(12)
        ],
        annotations=[
            dict(
                id=i + 1,
                image_id=i // 3 + 1,
                category_id=i % 3 + 1,
                bbox=[x, y, 20, 10],
                area=200,
                iscrowd=0,
            )
            for i, (x, y) in enumerate(rng.integers(0, 80, (36, 2)).tolist())
        ],
        categories=[dict(id=i + 1, name=n) for i, n in enumerate(CLASSES)],
    )


def write(path, content):
    path.write_text(json.dumps(content))
    return path


def yolo(truth, first=0, order=CLASSES):
    """What YOLOv8 would write, with a name that is a number."""
    return [
        dict(
            image_id=a['image_id'] - 1,
            category_id=order.index(CLASSES[a['category_id'] - 1]) + first,
            bbox=a['bbox'],
            score=0.9,
        )
        for a in truth['annotations']
    ]


OPTIONS = ('--image-ids', 'stems', '--category-ids')


@pytest.mark.parametrize('first', [0, 1])
def test_perfect_detections(first, main, truth, tmp_path):
    order = ['Lamp', 'People', 'Car']
    predictions = write(tmp_path / 'p.json', yolo(truth, first, order))
    annotations = write(tmp_path / 'a.json', truth)
    out = tmp_path / 'measures.json'
    measures = main(
        *(predictions, annotations, *OPTIONS, first),
        *('--classes', *order, '--out', out),
    )
    assert measures['coco/bbox_mAP'] == 1
    assert {measures[f'coco/AP50_{name}'] for name in CLASSES} == {1}
    assert json.loads(out.read_text()) == measures
    with pytest.raises(SystemExit, match='exists'):
        main(predictions, annotations, *OPTIONS, first, '--out', out)


def test_equals_pycocotools(main, truth, tmp_path):
    """Another path: COCO's own program, by its own ids."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    rng = np.random.default_rng(1)
    detections = [
        dict(
            image_id=a['image_id'],
            category_id=int(rng.integers(1, 4)) if i % 4 == 0 else c,
            bbox=(np.array(a['bbox']) + rng.normal(0, 1.5, 4)).tolist(),
            score=float(rng.uniform()),
        )
        for i, a in enumerate(truth['annotations'][3:])
        for c in [a['category_id']]
    ]
    predictions = write(tmp_path / 'p.json', detections)
    annotations = write(tmp_path / 'a.json', truth)
    measures = main(
        *(predictions, annotations, '--image-ids', 'annotations'),
        *('--category-ids', 'annotations'),
    )
    coco = COCO(str(annotations))
    evaluation = COCOeval(coco, coco.loadRes(detections), 'bbox')
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert 0.1 < evaluation.stats[0] < 0.9
    for i, name in enumerate(['mAP', 'mAP_50', 'mAP_75']):
        assert measures[f'coco/bbox_{name}'] == pytest.approx(
            evaluation.stats[i], abs=6e-4
        )


def test_what_does_not_fit_is_told(main, truth, tmp_path):
    annotations = write(tmp_path / 'a.json', truth)
    good = yolo(truth)

    def fails(content, match, *options, ids='0'):
        path = write(tmp_path / 'p.json', content)
        with pytest.raises(SystemExit, match=match):
            main(path, annotations, *OPTIONS, ids, *options)

    fails([*good, dict(good[0], image_id=12)], 'entry 36.*id 12')
    fails([dict(good[0], image_id='00012')], "id '00012'")
    fails([dict(good[0], category_id=3)], 'category_id 3.*count')
    fails(good, 'category_id 0', ids='1')
    fails([dict(good[0], bbox=[0, 0, -1, 4])], 'entry 0.*width')
    fails([dict(good[0], score=float('nan'))], 'entry 0')
    fails([dict(image_id=0)], 'entry 0.*category_id.*KeyError')
    fails({}, 'no list')
    fails([], 'no detection')
    fails(good, 'are not those', '--classes', 'People', 'Car')
    fails(good, 'no use', '--classes', 'Car', ids='annotations')
    truth['images'][1]['file_name'] = 'other/00000.jpg'
    annotations = write(tmp_path / 'b.json', truth)
    fails(good, 'Two images')
    with pytest.raises(SystemExit, match='not an annotation file'):
        main(annotations, write(tmp_path / 'c.json', []), *OPTIONS, '0')


def test_annotations_are_checked_as_those_of_a_training(main, truth, tmp_path):
    predictions = write(tmp_path / 'p.json', yolo(truth))
    for i, annotation in enumerate(truth['annotations']):
        annotation['id'] = i  # COCO's program does not see the first
        annotation['image_id'] = str(annotation['image_id'])
        del annotation['area']
    changed = write(tmp_path / 'a.json', truth)
    measures = main(predictions, changed, *OPTIONS, '0')
    assert measures['coco/bbox_mAP'] == 1
    truth['annotations'][3]['bbox'][2] = -5
    wrong = write(tmp_path / 'b.json', truth)
    with pytest.raises(SystemExit, match='annotation 3.*negative'):
        main(predictions, wrong, *OPTIONS, '0')


@pytest.mark.parametrize(
    ('convert', 'expected'),
    [
        (lambda x, y, w, h: [x, y, x + w, y + h], 'corners in place of'),
        (lambda x, y, w, h: [x / 128, y / 96, w / 128, h / 96], 'fractions'),
        (lambda x, y, w, h: [4 * x, 4 * y, 4 * w, 4 * h], 'other images'),
    ],
)
def test_boxes_of_another_kind(main, truth, tmp_path, convert, expected):
    """They were measured, and found bad."""
    entries = yolo(truth)
    for entry in entries:
        entry['bbox'] = convert(*entry['bbox'])
    files = write(tmp_path / 'p.json', entries), write(tmp_path / 'a', truth)
    with pytest.raises(SystemExit, match=f'p.json: .*{expected}'):
        main(*files, *OPTIONS, 0)
