"""Tiles of large images, and merging."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.ops import batched_nms

from infmae_mm.deploy.tiles import (
    average,
    blend,
    drop_fragments,
    merge_boxes,
    tile_boxes,
)


@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    size=st.integers(4, 40),
    share=st.floats(0.3, 1),
)
def test_tiles_cover_an_image(height, width, size, share):
    stride = max(1, round(size * share))
    covered = np.zeros((height, width), int)
    boxes = list(tile_boxes((height, width), (size,) * 2, (stride,) * 2))
    for left, top, right, bottom in boxes:
        assert bottom - top == min(size, height)
        assert right - left == min(size, width)
        covered[top:bottom, left:right] += 1
    assert covered.min() >= 1
    if size >= max(height, width):
        assert boxes == [(0, 0, width, height)]


@pytest.mark.parametrize('merge', [blend, average])
def test_what_tiles_agree_on_stays(merge):
    whole = np.random.default_rng(0).random((1, 50, 70), np.float32)
    whole = whole if merge is average else whole[0]
    boxes = list(tile_boxes((50, 70), (32, 32), (20, 20)))
    maps = [whole[..., t:b, left:r] for left, t, r, b in boxes]
    np.testing.assert_allclose(merge(maps, boxes), whole, rtol=1e-5)


def test_the_middle_of_a_tile_counts_most():
    boxes = [(0, 0, 10, 4), (6, 0, 16, 4)]
    merged = blend([np.ones((4, 10)), np.zeros((4, 10))], boxes)
    row = merged[1]
    assert (row[:6] == 1).all() and (row[10:] == 0).all()
    assert (np.diff(row[5:11]) < 0).all()


def test_merging_is_nms_by_class():
    random = np.random.default_rng(0)
    corner = random.random((60, 2)) * 40
    boxes = np.concatenate(
        [corner, corner + 5 + random.random((60, 2)) * 9], 1
    )
    scores, labels = random.random(60), random.integers(0, 3, 60)
    expected = batched_nms(
        *map(torch.from_numpy, (boxes, scores, labels)), 0.4
    )
    kept = merge_boxes(boxes, scores, labels, 0.4)
    assert kept.tolist() == expected.tolist()
    assert not len(merge_boxes(np.zeros((0, 4)), scores[:0], labels[:0], 0.5))


def test_a_piece_goes_where_the_whole_is_seen():
    boxes = np.array([[0, 0, 30, 10], [20, 0, 30, 10], [20, 0, 30, 10]])
    labels = np.array([0, 0, 1])
    cut = np.array([False, True, True])
    assert drop_fragments(boxes, labels, cut).tolist() == [True, False, True]
    assert drop_fragments(boxes, labels, ~cut).all()
