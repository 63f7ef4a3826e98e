"""Components, and the matchings beside that of Pd and Fa."""

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
)


def square(size, *boxes):
    mask = np.zeros(size, bool)
    for y, x, h, w in boxes:
        mask[y : y + h, x : x + w] = True
    return Components.of(mask)


def noise(seed, density=0.12, size=(23, 31)):
    return np.random.default_rng(seed).random(size) < density


def test_needs_neither_torch_nor_this_project():
    code = (
        'import sys, runpy; '
        f'part = runpy.run_path({str(Path(matching.__file__))!r}); '
        "import numpy as np; part['Components'].of(np.eye(3, dtype=bool)); "
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
