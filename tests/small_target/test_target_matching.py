"""Tables of targets, and the matchings beside that of Pd and Fa."""

import subprocess
import sys
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from oracle import centroid, components

from infmae_mm.small_target import matching
from infmae_mm.small_target.matching import (
    Components,
    match_opdc,
    match_overlap,
    target_table,
)


def square(size, *boxes):
    mask = np.zeros(size, bool)
    for y, x, h, w in boxes:
        mask[y : y + h, x : x + w] = True
    return Components.of(mask)


def noise(seed, density=0.12, size=(23, 31)):
    return np.random.default_rng(seed).random(size) < density


def test_table_tells_what_is_in_the_map():
    probability = np.zeros((9, 12), np.float32)
    probability[2, 3:6] = 0.6, 0.9, 0.75
    probability[3, 6] = 0.75  # touches by its corner
    probability[7, 11] = 0.51
    probability[5, 5] = 0.5  # not above
    first, second = target_table(probability)
    assert (first.x, first.y) == (pytest.approx(4.5), pytest.approx(2.25))
    assert (first.left, first.top, first.width, first.height) == (3, 2, 4, 2)
    assert first.area == 4
    assert first.peak == pytest.approx(0.9)
    assert first.mean == pytest.approx(0.75)
    assert (second.x, second.y, second.area) == (11, 7, 1)
    assert len(target_table(probability, 0.8)) == 1
    assert len(target_table(probability, 0.4)) == 3
    assert target_table(np.zeros((4, 5))) == []


@pytest.mark.parametrize('seed', range(5))
def test_table_has_the_components_of_the_measures(seed):
    mask = noise(seed)
    rows = target_table(mask.astype(float))
    expected = components(mask.tolist())
    assert len(rows) == len(expected)
    for row, pixels in zip(rows, expected, strict=True):
        y, x = map(float, centroid(pixels))
        assert (row.y, row.x) == (pytest.approx(y), pytest.approx(x))
        assert row.area == len(pixels)
        columns = [p[1] for p in pixels]
        assert row.left == min(columns)
        assert row.left + row.width - 1 == max(columns)


@pytest.mark.parametrize(
    ('probability', 'threshold', 'message'),
    [
        (np.zeros((1, 4, 4)), 0.5, r'\(H, W\)'),
        (np.full((4, 4), 2.0), 0.5, 'sigmoid'),
        (np.full((4, 4), np.nan), 0.5, 'sigmoid'),
        (np.zeros((4, 4)), 1.0, 'threshold'),
    ],
)
def test_table_refuses(probability, threshold, message):
    with pytest.raises(ValueError, match=message):
        target_table(probability, threshold)


def test_needs_neither_torch_nor_this_project():
    code = (
        'import sys, runpy; '
        f'part = runpy.run_path({str(Path(matching.__file__))!r}); '
        "import numpy as np; part['target_table'](np.eye(3)); "
        "assert not {'torch', 'infmae_mm', 'mmengine'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, '-c', code], check=True)


@pytest.mark.parametrize('seed', range(5))
def test_shared_pixels(seed):
    a, b = noise(seed), noise(seed + 100, 0.2)
    table = Components.of(a).shared(Components.of(b))
    expected = [
        [len(p & q) for q in components(b.tolist())]
        for p in components(a.tolist())
    ]
    np.testing.assert_array_equal(table, expected)


def test_overlap_needs_one_pixel_and_may_share_a_component():
    targets = square((20, 40), (2, 2, 3, 3), (2, 8, 3, 3), (15, 30, 2, 2))
    found = square((20, 40), (4, 4, 1, 5), (15, 32, 2, 2))
    np.testing.assert_array_equal(match_overlap(targets, found), [0, 0, -1])
    nothing = square((20, 40))
    np.testing.assert_array_equal(match_overlap(targets, nothing), [-1] * 3)
    assert len(match_overlap(nothing, found)) == 0


def test_opdc_prefers_overlap_and_then_takes_what_is_near():
    # far by its centroid, but half of the union: in order would miss it
    targets = square((30, 60), (5, 5, 2, 20), (20, 40, 2, 2))
    found = square((30, 60), (5, 5, 2, 12), (20, 42, 2, 2))
    result = match_opdc(targets, found)
    np.testing.assert_array_equal(result.matches, [0, 1])
    assert matching.match(targets, found).tolist() == [-1, 1]
    np.testing.assert_array_equal(result.admissible, np.eye(2, dtype=bool))


def test_opdc_distance_is_strictly_less_than_three():
    targets = square((30, 30), (5, 5, 1, 1), (20, 20, 1, 1))
    found = square((30, 30), (5, 8, 1, 1), (20, 22, 1, 1))
    np.testing.assert_array_equal(match_opdc(targets, found).matches, [-1, 1])


def brute_force(targets, found):
    """The matching once more, over all assignments."""
    target_sets, found_sets = components(targets), components(found)
    pairs = {}
    for fits in (
        lambda a, b: 2 * len(a & b) >= len(a | b),
        lambda a, b: distance(a, b) < 3,
    ):
        rows = [i for i in range(len(target_sets)) if i not in pairs]
        columns = [
            j for j in range(len(found_sets)) if j not in pairs.values()
        ]
        swap = len(rows) > len(columns)
        few, many = (columns, rows) if swap else (rows, columns)
        options = [
            [(b, a) if swap else (a, b) for a, b in zip(few, p, strict=True)]
            for p in permutations(many, len(few))
        ]
        best = min(
            options,
            key=lambda o: sum(
                distance(target_sets[i], found_sets[j]) for i, j in o
            ),
        )
        pairs |= {i: j for i, j in best if fits(target_sets[i], found_sets[j])}
    return [pairs.get(i, -1) for i in range(len(target_sets))]


def distance(a, b):
    (y, x), (v, u) = centroid(a), centroid(b)
    return float((y - v) ** 2 + (x - u) ** 2) ** 0.5


@pytest.mark.parametrize('seed', range(20))
def test_opdc_is_what_its_paper_says(seed):
    rng = np.random.default_rng(seed)
    masks = np.zeros((2, 16, 24), bool)
    for mask in masks:
        for _ in range(rng.integers(0, 6)):
            y, x = rng.integers(0, 13), rng.integers(0, 20)
            h, w = rng.integers(1, 4, 2)
            mask[y : y + h, x : x + w] = True
    result = match_opdc(*map(Components.of, masks))
    assert result.matches.tolist() == brute_force(*masks.tolist())
