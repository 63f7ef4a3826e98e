"""Targets that are copied to other places of their image."""

import cv2
import numpy as np
import pytest
from mmengine.registry import TRANSFORMS

from infmae_mm.small_target import CopyTargets


@pytest.fixture
def scene():
    """Flat ground of 100, a target of 3x4 pixels that is 60 brighter."""
    image = np.full((64, 80, 3), 100, np.uint8)
    mask = np.zeros((64, 80), np.uint8)
    image[20:23, 30:34] = 160
    mask[20:23, 30:34] = 1
    return dict(img=image, gt_seg_map=mask)


def components(mask):
    number, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    return number - 1, stats[1:, cv2.CC_STAT_AREA]


def test_copies_lie_on_the_ground_of_their_place(scene):
    before, mask = scene['img'].copy(), scene['gt_seg_map'].copy()
    seen = set()
    transform = CopyTargets(num=3, strength=(0.5, 1.5), margin=2)
    for seed in range(30):
        np.random.seed(seed)
        results = transform(dict(img=before, gt_seg_map=mask))
        image, found = results['img'], results['gt_seg_map']
        number, areas = components(found)
        seen.add(number)
        assert (areas == 12).all()
        # nothing is taken away, and the ground far from targets stays
        assert (found[mask == 1] == 1).all()
        assert (image[mask == 1] == 160).all()
        near = cv2.dilate(found, np.ones((7, 7), np.uint8))
        assert (image[near == 0] == 100).all()
        copied = image[(found == 1) & (mask == 0)]
        assert ((copied >= 130) & (copied <= 190)).all()
    assert seen == {1, 2, 3, 4}
    # what was loaded is not written to: a dataset may keep it
    assert (before == scene['img']).all() and (
        mask == scene['gt_seg_map']
    ).all()


def test_a_dark_target_is_copied_dark(scene):
    scene['img'][20:23, 30:34] = 40
    np.random.seed(1)
    results = CopyTargets(num=8, strength=(1.0, 1.0))(scene)
    assert components(results['gt_seg_map'])[0] > 1
    assert (results['img'][results['gt_seg_map'] == 1] == 40).all()


def test_values_stay_within_the_type(scene):
    np.random.seed(1)
    results = CopyTargets(num=8, strength=(5.0, 5.0))(scene)
    copied = results['gt_seg_map'] == 1
    copied[20:23, 30:34] = False
    assert copied.any() and (results['img'][copied] == 255).all()


@pytest.mark.parametrize('grey', [np.uint8, np.uint16, np.float32])
def test_one_channel_of_any_type(scene, grey):
    image = scene['img'][..., 0].astype(grey)
    np.random.seed(1)
    results = CopyTargets()(dict(img=image, gt_seg_map=scene['gt_seg_map']))
    assert results['img'].dtype == grey and results['img'].ndim == 2
    assert components(results['gt_seg_map'])[0] > 1


def test_without_small_targets_nothing_changes(scene):
    silent = dict(img=scene['img'], gt_seg_map=np.zeros((64, 80), np.uint8))
    assert CopyTargets(num=9)(dict(silent)) == silent
    large = CopyTargets(num=9, max_area=11)(dict(scene))
    assert large['gt_seg_map'] is scene['gt_seg_map']


def test_ignored_pixels_are_no_place_and_no_target(scene):
    mask = scene['gt_seg_map']
    mask[:, 40:] = 255
    np.random.seed(0)
    results = CopyTargets(num=9)(scene)
    assert components((results['gt_seg_map'] == 1).astype(np.uint8))[0] > 1
    assert (results['gt_seg_map'][:, 40:] == 255).all()


def test_a_target_as_large_as_the_image():
    image = np.full((6, 6), 9, np.uint8)
    results = CopyTargets(num=3)(dict(img=image, gt_seg_map=image // 9))
    assert (results['gt_seg_map'] == 1).all() and (results['img'] == 9).all()


@pytest.mark.parametrize(
    'options',
    [
        dict(num=-1),
        dict(margin=-1),
        dict(max_area=-1),
        dict(strength=(0, 1)),
        dict(strength=(2, 1)),
    ],
)
def test_bad_options(options):
    with pytest.raises(ValueError, match='got'):
        TRANSFORMS.build(dict(type='CopyTargets', **options))
