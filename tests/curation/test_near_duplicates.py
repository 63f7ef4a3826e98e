"""The search for near-duplicates against its plain definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infmae_mm.curation import near_duplicates
from infmae_mm.curation.near_duplicates import (
    MAX_DISTANCE,
    find_anchors,
    plan_chunks,
)

WORDS = st.integers(0, 2**64 - 1)


def oracle(hashes, distance):
    """The definition, word for word."""
    kept, anchors = [], []
    for i, word in enumerate(hashes):
        near = [k for k in kept if (word ^ hashes[k]).bit_count() <= distance]
        anchors.append(near[0] if near else i)
        if not near:
            kept.append(i)
    return anchors


@st.composite
def clustered(draw):
    """Hashes like those of videos: a few centres, some bits flipped."""
    centres = draw(st.lists(WORDS, min_size=1, max_size=4))
    hashes = []
    for _ in range(draw(st.integers(1, 60))):
        word = draw(st.sampled_from(centres))
        for bit in draw(st.lists(st.integers(0, 63), max_size=12)):
            word ^= 1 << bit
        hashes.append(word)
    return hashes


@pytest.mark.slow
@given(clustered(), st.integers(0, 12), st.sampled_from([1, 7, 4096]))
@settings(max_examples=80, deadline=None)
def test_is_the_definition(hashes, distance, block):
    with pytest.MonkeyPatch.context() as patch:
        # hashes meet within a block, and across blocks
        patch.setattr(near_duplicates, '_BLOCK', block)
        found = find_anchors(np.array(hashes, np.uint64), distance)
    assert found.tolist() == oracle(hashes, distance)


@pytest.mark.parametrize('distance', [0, 3, 8, 13, MAX_DISTANCE])
def test_recall_is_complete(distance, monkeypatch):
    """Pairs at exactly the distance, wherever the bits are."""
    rng = np.random.default_rng(distance)
    first = rng.integers(0, 2**64, 300, np.uint64)
    second = first.copy()
    for i in range(300):
        bits = rng.choice(64, distance, replace=False).astype(np.uint64)
        for bit in bits:
            second[i] ^= np.uint64(1) << bit
    hashes = np.concatenate([first, second])
    apart = np.bitwise_count(hashes[:, None] ^ hashes)  # (N, N)
    expected = []
    kept = np.zeros(600, bool)
    for i in range(600):
        near = np.flatnonzero(kept & (apart[i] <= distance))
        expected.append(near[0] if near.size else i)
        kept[i] = not near.size
    monkeypatch.setattr(near_duplicates, '_BLOCK', 256)
    assert find_anchors(hashes, distance).tolist() == expected


def test_memory_bound_changes_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    # 12 bits set at random: buckets are full
    hashes = rng.integers(0, 2**12, 500, np.uint64)
    expected = oracle(hashes.tolist(), 3)
    monkeypatch.setattr(near_duplicates, '_BLOCK', 100)
    for batch in (1, 10, 1 << 20):
        monkeypatch.setattr(near_duplicates, '_BATCH', batch)
        assert find_anchors(hashes, 3).tolist() == expected


@pytest.mark.parametrize('distance', range(MAX_DISTANCE + 1))
def test_chunks_obey_the_pigeonhole_principle(distance):
    plan = plan_chunks(distance)
    assert sum(radius + 1 for _, _, radius in plan) == distance + 1
    assert all(radius >= 0 for _, _, radius in plan)
    ends = [shift + bits for shift, bits, _ in plan]
    assert all(
        end <= start
        for end, (start, _, _) in zip(ends, plan[1:], strict=False)
    )
    assert ends[-1] <= 64


def test_equal_hashes_are_one():
    anchors = find_anchors(np.full(200_000, 5, np.uint64), 8)
    assert not anchors.any()


def test_none():
    assert find_anchors(np.empty(0, np.uint64), 8).shape == (0,)


@pytest.mark.parametrize('distance', [-1, MAX_DISTANCE + 1])
def test_distance_out_of_range(distance):
    with pytest.raises(ValueError, match='distance'):
        find_anchors(np.zeros(2, np.uint64), distance)
