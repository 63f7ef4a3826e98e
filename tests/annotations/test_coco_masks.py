"""Run lengths of COCO, as lists and packed, against pycocotools."""

import json

import numpy as np
import pytest

from infmae_mm.annotations.coco_checks import CocoChecker
from infmae_mm.annotations.coco_values import box_of_runs, runs_of

packing = pytest.importorskip('pycocotools.mask')
HEIGHT, WIDTH = 30, 40


def masks():
    rng = np.random.default_rng(5)
    for share in (0.02, 0.3, 0.98):
        yield rng.random((HEIGHT, WIDTH)) < share
    shape = np.zeros((HEIGHT, WIDTH), bool)
    shape[4:9, 11:12] = True
    yield shape
    yield np.ones((HEIGHT, WIDTH), bool)


def packed(mask):
    found = packing.encode(np.asfortranarray(mask.astype(np.uint8)))
    return dict(size=found['size'], counts=found['counts'].decode())


@pytest.mark.parametrize('mask', masks())
def test_packed_runs_are_the_mask(mask):
    shape = packed(mask)
    runs = runs_of(shape, (HEIGHT, WIDTH))
    values = np.arange(len(runs)) % 2 == 1
    found = np.repeat(values, runs).reshape(WIDTH, HEIGHT).T
    assert (found == mask).all()
    assert box_of_runs(runs, HEIGHT) == packing.toBbox(shape).tolist()
    assert runs_of(dict(shape, counts=runs), (HEIGHT, WIDTH)) == runs
    assert runs_of(shape, (WIDTH, HEIGHT)) is None


def test_damaged_texts_are_no_runs():
    text = packed(next(masks()))['counts']
    for damaged in (text[:-3], text + '1', ' ' + text[1:], text[1:], 'é', ''):
        shape = dict(size=[HEIGHT, WIDTH], counts=damaged)
        assert runs_of(shape, (HEIGHT, WIDTH)) is None


def test_no_pixel_is_no_box():
    assert box_of_runs([HEIGHT * WIDTH], HEIGHT) is None


@pytest.mark.parametrize('as_list', [False, True])
@pytest.mark.parametrize('need_masks', [False, True])
def test_boxes_and_areas_come_from_masks(as_list, need_masks):
    mask = next(masks())
    shape = packed(mask)
    if as_list:
        shape['counts'] = runs_of(shape, (HEIGHT, WIDTH))
    annotation = dict(id=1, image_id=1, category_id=1, segmentation=shape)
    checker = CocoChecker('set.json', None, need_masks=need_masks)
    coco = checker(
        dict(
            images=[dict(id=1, file_name='a', width=WIDTH, height=HEIGHT)],
            categories=[dict(id=1, name='Person')],
            annotations=[json.loads(json.dumps(annotation))],
        )
    )
    [found] = coco['annotations']
    assert found['bbox'] == packing.toBbox(packed(mask)).tolist()
    assert found['area'] == mask.sum()
    assert found['segmentation'] == shape
    assert checker.filled == {'boxes of masks': 1, 'areas': 1}
