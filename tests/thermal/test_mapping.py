import cv2
import numpy as np
import pytest

from infmae_mm.thermal import build_mapping
from infmae_mm.thermal.mapping import (
    RULES,
    MinMax,
    Percentile,
    Range,
    percentiles,
)

OPTIONS = dict(
    percentile={}, minmax={}, range=dict(low=8500, high=9500), clahe={}
)
MAPPINGS = [dict(rule=rule, **OPTIONS[rule]) for rule in RULES]


@pytest.mark.parametrize('mapping', MAPPINGS)
@pytest.mark.parametrize('dtype', [np.uint16, np.int32, np.float32])
def test_every_rule_makes_a_picture(picture, mapping, dtype):
    raw = (picture * 3.0 + 8600).astype(dtype)
    before = raw.copy()
    grey, figures = build_mapping(mapping)(raw)
    assert grey.dtype == np.uint8
    assert grey.shape == raw.shape
    assert grey.std() > 15
    assert figures['rule'] == mapping['rule']
    assert figures['low'] < figures['high']
    np.testing.assert_array_equal(raw, before)


@pytest.mark.parametrize('rule', ['percentile', 'minmax', 'range'])
def test_linear_between_the_figures(picture, rule):
    raw = picture.astype(np.uint16) * 3 + 8600
    mapping = build_mapping(dict(rule=rule, **OPTIONS[rule]))
    grey, figures = mapping(raw)
    low, high = figures['low'], figures['high']
    expected = np.clip((raw - low) / (high - low), 0, 1) * 255
    assert np.abs(grey - expected).max() < 0.51
    exact, same = mapping(raw, np.float32)
    assert exact.dtype == np.float32
    assert same == figures
    np.testing.assert_allclose(exact, expected, atol=1e-3)


def test_figures_of_the_rules(picture):
    raw = picture.astype(np.uint16) + 9000
    for rule, limits in (
        ('percentile', np.percentile(raw, (0.5, 99.5))),
        (
            dict(rule='percentile', low=10, high=90),
            np.percentile(raw, (10, 90)),
        ),
        ('minmax', (raw.min(), raw.max())),
        (dict(rule='range', low=100.5, high=20000), (100.5, 20000)),
        ('clahe', np.percentile(raw, (0.5, 99.5))),
    ):
        figures = build_mapping(rule)(raw)[1]
        assert figures['low'] == pytest.approx(limits[0], rel=1e-12)
        assert figures['high'] == pytest.approx(limits[1], rel=1e-12)
        assert all(type(v) in (str, float, int) for v in figures.values())


@pytest.mark.parametrize('size', [1, 2, 3, 64, 999])
@pytest.mark.parametrize('spread', [1, 3, 500, 65536])
def test_percentiles_by_counting(size, spread):
    rng = np.random.default_rng(size + spread)
    values = rng.integers(65536 - spread, 65536, size).astype(np.uint16)
    for q in ((0, 100), (0.5, 99.5), (10, 33.3), (50, 75)):
        np.testing.assert_allclose(
            percentiles(values, q), np.percentile(values, q), rtol=1e-12
        )


def test_equal_counts_are_equal_grey_values_in_a_range(picture):
    mapping = Range(9000, 9256)
    raw = picture.astype(np.uint16) + 9000
    whole, _ = mapping(raw)
    np.testing.assert_array_equal(mapping(raw[:9, :9])[0], whole[:9, :9])


@pytest.mark.parametrize('rule', ['percentile', 'minmax', 'range'])
def test_8_bits_pass(picture, rule):
    mapping = build_mapping(dict(rule=rule, **OPTIONS[rule]))
    grey, figures = mapping(picture)
    assert grey is picture
    assert figures == dict(rule='identity', low=0.0, high=255.0)
    assert mapping(picture, np.float32)[0].dtype == np.float32


def test_clahe_is_the_same_for_all_depths(picture):
    mapping = build_mapping(dict(rule='clahe', clip_limit=3.0, tiles=4))
    expected = cv2.createCLAHE(3.0, (4, 4)).apply(picture)
    grey, figures = mapping(picture)
    np.testing.assert_array_equal(grey, expected)
    assert figures == dict(
        rule='clahe', low=0.0, high=255.0, clip_limit=3.0, tiles=4
    )
    raw = picture.astype(np.uint16) * 20 + 9000
    stretched, _ = Percentile()(raw)
    np.testing.assert_array_equal(mapping(raw)[0], mapping(stretched)[0])


def test_dead_pixels_do_not_set_the_range_of_percentiles(picture):
    raw = picture.astype(np.uint16) + 9000
    clean, _ = Percentile()(raw)
    raw[3, 4], raw[50, 60] = 0, 65535
    difference = np.abs(Percentile()(raw)[0].astype(int) - clean)
    assert np.median(difference) <= 2
    # but they do set the whole range
    assert MinMax()(raw)[0].std() < 5 < Percentile()(raw)[0].std()


@pytest.mark.parametrize('rule', ['percentile', 'minmax', 'clahe'])
@pytest.mark.parametrize('value', [0, 7000, 65535])
def test_constant(rule, value):
    grey, figures = build_mapping(rule)(np.full((64, 64), value, np.uint16))
    assert np.ptp(grey) == 0
    assert figures['low'] == figures['high'] == value
    if rule != 'clahe':
        assert not grey.any()


def test_almost_constant():
    raw = np.full((100, 100), 7000, np.uint16)
    raw[5, 5] = 7100
    grey, _ = Percentile()(raw)
    assert grey[5, 5] == 255
    assert grey.sum() == 255


@pytest.mark.parametrize('mapping', MAPPINGS)
@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
def test_not_finite_becomes_the_low_end(picture, mapping, bad):
    kelvin = picture.astype(np.float32) + 8800
    clean, figures = build_mapping(mapping)(kelvin)
    hole = np.unravel_index(kelvin.argmax(), kelvin.shape)
    kelvin[hole] = bad
    with np.errstate(all='raise'):
        grey, same = build_mapping(mapping)(kelvin)
    assert same['low'] == figures['low']
    assert same['high'] == pytest.approx(figures['high'], abs=12)
    if mapping['rule'] != 'clahe':
        assert grey[hole] == 0
        others = np.ones(grey.shape, bool)
        others[hole] = False
        assert np.abs(grey.astype(int) - clean)[others].max() <= 12
    with pytest.raises(ValueError, match='finite'):
        build_mapping(mapping)(np.full((8, 8), bad))


def test_large_integers_keep_their_differences():
    raw = np.arange(2**24, 2**24 + 256, dtype=np.int32).reshape(16, 16)
    np.testing.assert_array_equal(MinMax()(raw)[0].ravel(), np.arange(256))


@pytest.mark.parametrize(
    ('mapping', 'message'),
    [
        ('percentiles', 'none of the rules percentile, minmax'),
        (dict(low=1), 'none of the rules'),
        (None, 'none of the rules'),
        (['minmax'], 'none of the rules'),
        (dict(rule=['minmax']), 'none of the rules'),
        (dict(rule='minmax', low=1), "no option 'low': it takes none"),
        (dict(rule='percentile', hi=9), "'hi': it takes low, high"),
        (dict(rule='percentile', low=50, high=50), 'low < high'),
        (dict(rule='percentile', high=101), '<= 100'),
        ('range', 'needs low and high'),
        (dict(rule='range', low=1), 'needs low and high'),
        (dict(rule='range', low=9, high=8), 'low < high'),
        (dict(rule='range', low=9, high=float('nan')), 'low < high'),
        (dict(rule='range', low='9', high=10), "a number, got '9'"),
        (dict(rule='clahe', clip_limit=0), 'clip_limit'),
        (dict(rule='clahe', tiles=2.5), 'tiles'),
    ],
)
def test_wrong_mappings(mapping, message):
    with pytest.raises(ValueError, match=message):
        build_mapping(mapping)
