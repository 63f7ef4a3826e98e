"""The plain core: against an oracle, and on cases made by hand."""

import math
import pickle

import numpy as np
import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from infmae_mm.small_target import (
    SmallTargetMeasures,
    small_target_measures,
)
from infmae_mm.small_target.matching import Components, match

NAMES = ['IoU', 'nIoU', 'Precision', 'Recall', 'F1', 'Pd', 'Fa', 'AUC']


def mask(*rows):
    """A mask, drawn: # is a target."""
    return np.array([[c == '#' for c in row] for row in rows])


def blobs(shape, *places):
    """A mask with a rectangle at each (top, left, height, width)."""
    image = np.zeros(shape, bool)
    for top, left, height, width in places:
        image[top : top + height, left : left + width] = True
    return image


def measure(prediction, truth):
    """Of one image with certain predictions."""
    return small_target_measures([prediction.astype(np.float32)], [truth])


@st.composite
def images(draw):
    """Scores of 16 bits and masks: noise, blobs, ties, sizes of their own."""
    count = draw(st.integers(1, 3))
    levels, masks = [], []
    for _ in range(count):
        shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 14)))
        seed = draw(st.integers(0, 2**32 - 1))
        rng = np.random.default_rng(seed)
        share = draw(st.sampled_from([0, 0.03, 0.1, 0.3, 0.6, 1]))
        truth = rng.random(shape) < share
        kind = draw(st.sampled_from(['any', 'few levels', 'shifted', 'none']))
        if kind == 'any':
            level = rng.integers(0, 65536, shape)
        elif kind == 'few levels':
            level = rng.choice([0, 1, 32767, 32768, 65534, 65535], shape)
        elif kind == 'shifted':
            by = draw(st.tuples(st.integers(-3, 3), st.integers(-3, 3)))
            level = np.roll(truth, by, (0, 1)) * 40000
        else:
            level = np.zeros(shape, int)
        levels.append(level)
        masks.append(truth)
    return levels, masks


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True)
@given(images(), st.sampled_from([np.float32, np.float64]))
def test_equals_the_oracle(pair, dtype):
    levels, masks = pair
    probabilities = [(level / 65535).astype(dtype) for level in levels]
    found = small_target_measures(probabilities, masks)
    wanted = oracle.measures([x.tolist() for x in levels], masks)
    assert list(found) == NAMES
    assert found == pytest.approx(wanted, rel=1e-12, abs=0, nan_ok=True)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    arrays(bool, st.tuples(st.integers(1, 14), st.integers(1, 14))),
    st.integers(-3, 3),
    st.integers(-3, 3),
)
def test_components_and_matches_equal_the_oracle(truth, down, right):
    prediction = np.roll(truth, (down, right), (0, 1))
    targets, found = Components.of(truth), Components.of(prediction)
    wanted = oracle.components(truth), oracle.components(prediction)
    for one, sets in zip((targets, found), wanted, strict=True):
        assert one.areas.tolist() == [len(s) for s in sets]
        for i, pixels in enumerate(sets, 1):
            assert set(map(tuple, np.argwhere(one.labels == i))) == pixels
    matches = [None if m < 0 else m for m in match(targets, found)]
    assert matches == oracle.match(*wanted)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(images(), st.integers(0, 3))
def test_merged_parts_equal_the_whole(pair, cut):
    levels, masks = pair
    options = dict(thresholds=(0.1, 0.5, 0.9), keep_images=True)
    whole = SmallTargetMeasures(**options)
    parts = [SmallTargetMeasures(**options) for _ in range(2)]
    for i, (level, truth) in enumerate(zip(levels, masks, strict=True)):
        whole.update(level / 65535, truth, f'{i}.png')
        parts[i >= cut].update(level / 65535, truth, f'{i}.png')
    parts[0].merge(parts[1])
    assert parts[0].compute() == pytest.approx(
        whole.compute(), rel=1e-12, abs=0, nan_ok=True
    )
    # as text: NaN is no other NaN
    assert repr(parts[0].images) == repr(whole.images)
    np.testing.assert_equal(
        parts[0].detection_curve(), whole.detection_curve()
    )
    for a, b in zip(parts[0].roc(), whole.roc(), strict=True):
        np.testing.assert_array_equal(a, b)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(images())
def test_area_below_the_roc_is_the_auc(pair):
    levels, masks = pair
    measures = SmallTargetMeasures()
    for level, truth in zip(levels, masks, strict=True):
        measures.update(level / 65535, truth)
    thresholds, fpr, tpr = measures.roc()
    area = np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2)
    auc = measures.compute()['AUC']
    assert area == pytest.approx(auc, rel=1e-9, abs=1e-12, nan_ok=True)
    assert (np.diff(thresholds) < 0).all()
    if not math.isnan(auc):
        assert (fpr[0], tpr[0], fpr[-1], tpr[-1]) == (0, 0, 1, 1)


def test_points_of_the_roc_are_rates_at_their_threshold():
    rng = np.random.default_rng(0)
    score, truth = rng.random((40, 50)), rng.random((40, 50)) < 0.2
    score = (score * 65535).round() / 65535
    measures = SmallTargetMeasures()
    measures.update(score, truth)
    thresholds, fpr, tpr = measures.roc()
    for at in range(1, len(thresholds), 97):
        positive = score >= thresholds[at] - 1e-9
        assert tpr[at] == pytest.approx(positive[truth].mean())
        assert fpr[at] == pytest.approx(positive[~truth].mean())


def test_perfect_prediction():
    truth = blobs((20, 20), (2, 2, 3, 3), (10, 12, 2, 4))
    wanted = dict.fromkeys(NAMES, 1.0) | dict(Fa=0.0)
    assert measure(truth, truth) == wanted


def test_touching_at_a_corner_is_one_target():
    truth = mask(
        '##....',
        '##....',
        '..##..',
        '..##..',
        '......',
    )
    # its centroid is (1.5, 1.5); the two parts are two and a bit away
    assert len(Components.of(truth)) == 1
    upper = blobs(truth.shape, (0, 0, 2, 2))
    assert measure(upper, truth)['Pd'] == 1
    assert measure(truth, truth)['Pd'] == 1


def test_blobs_joined_by_a_prediction_are_one_prediction():
    truth = blobs((9, 16), (3, 2, 3, 3), (3, 8, 3, 3))
    joined = blobs((9, 16), (3, 2, 3, 9))
    # the middle of the joined one is exactly 3 px from either centroid
    assert measure(joined, truth) == pytest.approx(
        dict(IoU=2 / 3, nIoU=2 / 3, Precision=2 / 3, Recall=1, F1=0.8)
        | dict(Pd=0, Fa=27 / 144, AUC=1 - 9 / 126 / 2)
    )


def test_one_prediction_serves_one_target():
    truth = blobs((9, 16), (3, 2, 3, 3), (3, 6, 3, 3))
    between = blobs((9, 16), (3, 4, 3, 3))
    found = measure(between, truth)
    assert found['Pd'] == 0.5
    assert found['Fa'] == 0


def test_second_prediction_near_a_target_is_a_false_alarm():
    truth = blobs((12, 12), (4, 4, 4, 4))
    two = blobs((12, 12), (4, 3, 3, 2), (5, 6, 3, 3))
    found = measure(two, truth)
    assert found['Pd'] == 1
    # the first in the order of rows is taken, though the second is nearer
    assert found['Fa'] == 9 / 144


def test_first_prediction_goes_to_the_first_target():
    # The first target takes what is first, which is all the second one has:
    # by the definition, not by the best assignment.
    truth = blobs((12, 20), (4, 4, 1, 1), (4, 8, 1, 1))
    found = blobs((12, 20), (3, 6, 1, 1), (5, 2, 1, 1))
    assert measure(found, truth)['Pd'] == 0.5
    assert measure(found, truth)['Fa'] == 1 / 240


def test_false_alarms_of_equal_area_all_count():
    # a published script removes matched areas by their value
    truth = blobs((30, 30), (2, 2, 3, 3))
    found = blobs(
        (30, 30), (2, 2, 3, 3), (10, 10, 3, 3), (20, 20, 3, 3), (20, 5, 3, 3)
    )
    assert measure(found, truth)['Fa'] == 27 / 900
    assert measure(found, truth)['Pd'] == 1


@pytest.mark.parametrize(
    ('offset', 'pd'), [((0, 2), 1), ((0, 3), 0), ((2, 2), 1), ((3, 1), 0)]
)
def test_distance_is_strict(offset, pd):
    truth = blobs((20, 20), (8, 8, 3, 3))
    found = np.roll(truth, offset, (0, 1))
    assert measure(found, truth)['Pd'] == pd
    assert measure(found, truth)['Fa'] == (1 - pd) * 9 / 400


def test_distance_is_strict_where_centroids_are_no_binary_fractions():
    # thirds: (0 + 0 + 1) / 3; at exactly 3 px whatever rounding says
    shape = mask('##', '#.')
    misses = 0
    for top in range(20):
        for left in range(20):
            truth = np.zeros((30, 30), bool)
            truth[top : top + 2, left : left + 2] = shape
            found = np.roll(truth, (0, 3), (0, 1))
            misses += measure(found, truth)['Pd'] == 0
    assert misses == 400


@pytest.mark.parametrize('top', [0, 17])
@pytest.mark.parametrize('left', [0, 17])
def test_targets_at_the_border(top, left):
    truth = blobs((20, 20), (top, left, 3, 3))
    assert measure(truth, truth)['Pd'] == 1
    opposite = np.flip(truth, 1)
    found = measure(opposite, truth)
    assert (found['Pd'], found['Fa']) == (0, 9 / 400)


def test_targets_do_not_touch_around_the_border():
    truth = blobs((10, 10), (4, 0, 2, 1), (4, 9, 2, 1))
    assert len(Components.of(truth)) == 2


def test_empty_prediction():
    truth = blobs((10, 10), (4, 4, 2, 2))
    found = measure(np.zeros((10, 10)), truth)
    assert found == dict.fromkeys(NAMES, 0.0) | dict(AUC=0.5)


def test_empty_truth():
    found = measure(blobs((10, 10), (4, 4, 2, 2)), np.zeros((10, 10), bool))
    zero = dict.fromkeys(('IoU', 'nIoU', 'Precision', 'F1'), 0.0)
    assert {k: v for k, v in found.items() if not math.isnan(v)} == {
        **zero,
        'Fa': 0.04,
    }


def test_nothing_there_and_nothing_predicted():
    nothing = np.zeros((10, 10), bool)
    found = measure(nothing, nothing)
    assert found.pop('Fa') == 0
    assert all(math.isnan(value) for value in found.values())


def test_all_positive_prediction():
    everything = np.ones((21, 21), bool)
    centre = blobs((21, 21), (9, 9, 3, 3))
    found = measure(everything, centre)
    assert (found['Pd'], found['Fa'], found['AUC']) == (1, 0, 0.5)
    assert found['IoU'] == found['Precision'] == 9 / 441
    corner = blobs((21, 21), (0, 0, 3, 3))
    found = measure(everything, corner)
    assert (found['Pd'], found['Fa'], found['Recall']) == (0, 1, 1)


def test_sums_are_of_the_set_and_niou_of_its_images():
    shape = (20, 20)
    truths = [
        blobs(shape, (2, 2, 2, 2)),
        blobs(shape, (4, 4, 8, 8)),
        np.zeros(shape, bool),  # without target or prediction: not in nIoU
        np.zeros(shape, bool),  # with a false alarm: 0 in nIoU
    ]
    found = [
        blobs(shape, (2, 2, 2, 1)),
        blobs(shape, (4, 4, 8, 8)),
        np.zeros(shape, bool),
        blobs(shape, (9, 9, 1, 2)),
    ]
    result = small_target_measures([f * 1.0 for f in found], truths)
    assert result['IoU'] == 66 / 70
    assert result['nIoU'] == (0.5 + 1 + 0) / 3
    assert result['Pd'] == 1
    assert result['Fa'] == 2 / 1600


def test_threshold_is_strict():
    truth = blobs((6, 6), (2, 2, 2, 2))
    assert small_target_measures([truth * 0.5], [truth])['Pd'] == 0
    above = truth * np.nextafter(0.5, 1)
    assert small_target_measures([above], [truth])['Pd'] == 1


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_auc_tells_levels_of_16_bits_apart(dtype):
    level = np.arange(65536).reshape(256, 256)
    score, odd = (level / 65535).astype(dtype), level % 2 == 1
    # the i-th of n odd levels is above i of n even ones
    auc = small_target_measures([score], [odd])['AUC']
    assert auc == pytest.approx((32768 + 1) / (2 * 32768), rel=1e-14)


def test_half_precision_counts_as_the_values_that_it_has():
    truth = np.array([[True, False]])
    score = np.array([[40001, 40000]]) / 65535
    assert small_target_measures([score], [truth])['AUC'] == 1
    half = score.astype(np.float16)
    assert small_target_measures([half], [truth])['AUC'] == 0.5


def test_takes_generators_once():
    truth = blobs((8, 8), (2, 2, 3, 3))
    result = small_target_measures(
        (truth * 0.9 for _ in range(3)), (truth for _ in range(3))
    )
    assert result['IoU'] == 1


def test_memory_does_not_grow():
    truth = blobs((16, 16), (2, 2, 3, 3))
    measures = SmallTargetMeasures()
    measures.update(truth * 0.9, truth)
    size = len(pickle.dumps(measures))
    for _ in range(300):
        measures.update(truth * 0.9, truth)
    assert len(pickle.dumps(measures)) < size + 100


def test_detection_curve_counts_at_each_threshold():
    truth = blobs((20, 20), (2, 2, 3, 3), (12, 12, 3, 3))
    score = blobs((20, 20), (2, 2, 3, 3)) * 0.9
    score += blobs((20, 20), (12, 12, 3, 3), (2, 12, 1, 1)) * 0.3
    measures = SmallTargetMeasures(thresholds=(0.1, 0.5, 0.95))
    measures.update(score, truth)
    assert measures.detection_curve() == [
        (0.1, 1 / 400, 1.0),
        (0.5, 0.0, 0.5),
        (0.95, 0.0, 0.0),
    ]


@pytest.mark.parametrize(
    ('probability', 'truth', 'message'),
    [
        (np.zeros((4, 5)), np.zeros((5, 4), bool), r'one size.*\(4, 5\)'),
        (np.zeros((1, 4, 4)), np.zeros((1, 4, 4), bool), r'\(H, W\)'),
        (np.zeros((0, 4)), np.zeros((0, 4), bool), 'no pixel'),
        (np.full((4, 4), 1.01), np.zeros((4, 4), bool), 'sigmoid'),
        (np.full((4, 4), -3.0), np.zeros((4, 4), bool), 'sigmoid'),
        (np.full((4, 4), np.nan), np.zeros((4, 4), bool), 'nan'),
        (np.zeros((4, 4)), np.full((4, 4), 255, np.uint8), '127'),
    ],
)
def test_bad_input(probability, truth, message):
    fine = np.zeros((4, 4))
    with pytest.raises(ValueError, match=f'image 1: .*{message}'):
        small_target_measures([fine, probability], [fine > 0, truth])


def test_numbers_of_images_must_agree():
    image = np.zeros((4, 4))
    with pytest.raises(ValueError, match='shorter'):
        small_target_measures([image, image], [image > 0])
    with pytest.raises(ValueError, match='no image'):
        small_target_measures([], [])
