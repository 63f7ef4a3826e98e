import math

import cv2
import numpy as np
import pytest

from infmae_mm.curation.statistics import (
    entropy,
    measure_statistics,
    perceptual_hash,
)
from infmae_mm.synthetic.scenes import render_scene
from infmae_mm.thermal.mapping import build_mapping
from infmae_mm.thermal.reading import UnreadableImageError


@pytest.fixture(scope='module')
def scenes():
    return [
        render_scene(np.random.default_rng(i), (200, 300)).image
        for i in range(8)
    ]


def apart(a, b):
    return (perceptual_hash(a) ^ perceptual_hash(b)).bit_count()


def by_formula(image):
    """Equation 1 of the paper."""
    total = 0.0
    for level in range(256):
        share = (image == level).sum() / image.size
        if share:
            total -= share * math.log2(share)
    return total


@pytest.mark.parametrize(
    'levels,bits',
    [
        ([7], 0),
        ([0, 255], 1),
        ([0, 0, 0, 9], 2 - 0.75 * math.log2(3)),
        ([1, 2, 3, 4], 2),
        (range(256), 8),
    ],
)
def test_entropy_by_hand(levels, bits):
    image = np.tile(np.array(levels, np.uint8), (8, 4))
    assert entropy(image) == pytest.approx(bits, abs=1e-12)


def test_entropy_is_the_formula(scenes):
    for image in scenes:
        assert entropy(image) == pytest.approx(by_formula(image), abs=1e-9)
        # of a part, which is not contiguous
        part = image[::3, 5:90]
        assert entropy(part) == pytest.approx(by_formula(part), abs=1e-9)


@pytest.mark.parametrize(
    'change',
    [
        lambda i: cv2.resize(i, None, fx=0.5, fy=0.5, interpolation=3),
        lambda i: cv2.resize(i, (224, 224), interpolation=cv2.INTER_AREA),
        lambda i: cv2.resize(i, None, fx=1.7, fy=1.7, interpolation=2),
        lambda i: cv2.imdecode(cv2.imencode('.jpg', i, [1, 40])[1], 0),
        lambda i: cv2.add(i, 15),
        lambda i: cv2.subtract(i, 15),
        lambda i: (i * 0.8 + 20).astype(np.uint8),
    ],
    ids=['half', 'square', 'larger', 'jpeg', 'brighter', 'darker', 'flat'],
)
def test_copies_are_near(scenes, change):
    assert max(apart(image, change(image)) for image in scenes) <= 8


@pytest.mark.parametrize('axis', [0, 1, (0, 1)])
def test_mirrored_pictures_are_far(scenes, axis):
    mirrored = [np.ascontiguousarray(np.flip(i, axis)) for i in scenes]
    distances = [apart(*pair) for pair in zip(scenes, mirrored, strict=True)]
    assert min(distances) > 20


def test_different_pictures_are_far(scenes):
    assert (
        min(apart(a, b) for i, a in enumerate(scenes) for b in scenes[i + 1 :])
        > 12
    )


def test_brightness_does_not_enter(scenes):
    image = scenes[0] // 2
    assert perceptual_hash(image) == perceptual_hash(image + 100)


@pytest.mark.parametrize('shape', [(1, 1), (3, 500), (21, 20), (129, 131)])
def test_any_shape(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert 0 <= perceptual_hash(image) < 2**64
    assert perceptual_hash(np.full(shape, 200, np.uint8)) == 0


def test_raw_counts_are_measured_as_pipelines_see_them(tmp_path):
    counts = render_scene(np.random.default_rng(1), (96, 128), bits=16).image
    path = str(tmp_path / 'a.png')
    cv2.imwrite(path, counts)
    grey, _ = build_mapping('percentile')(counts)
    statistics = measure_statistics(path)
    assert (statistics.width, statistics.height) == (128, 96)
    assert statistics.bit_depth == 16
    assert statistics.entropy == pytest.approx(by_formula(grey), abs=1e-6)
    assert statistics.hash == perceptual_hash(grey)
    # and an 8-bit copy of it is a near-duplicate
    cv2.imwrite(path, grey)
    copy = measure_statistics(path)
    assert (copy.bit_depth, copy.hash) == (8, statistics.hash)


def test_unreadable(tmp_path):
    path = tmp_path / 'a.png'
    path.write_bytes(b'no image')
    with pytest.raises(UnreadableImageError, match='a.png'):
        measure_statistics(str(path))
