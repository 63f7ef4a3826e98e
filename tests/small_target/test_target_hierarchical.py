"""hIoU, its errors, other matchings, and the table of what was missed."""

import math

import numpy as np
import pytest

from infmae_mm.small_target.hierarchical import PairCounts
from infmae_mm.small_target.matching import Components, match_opdc
from infmae_mm.small_target.measures import SmallTargetMeasures
from infmae_mm.small_target.misses import miss_table, true_targets

SIZE = (40, 60)


def mask_of(*boxes):
    mask = np.zeros(SIZE, bool)
    for y, x, h, w in boxes:
        mask[y : y + h, x : x + w] = True
    return mask


def pairs_of(truth, prediction):
    targets, found = Components.of(truth), Components.of(prediction)
    return PairCounts.of(targets, found, match_opdc(targets, found))


def random_masks(seed):
    rng = np.random.default_rng(seed)

    def mask():
        return mask_of(
            *(
                (*rng.integers(0, (36, 55)), *rng.integers(1, 5, 2))
                for _ in range(rng.integers(0, 9))
            )
        )

    truth = mask()
    # some found, shifted; and some false
    return truth, np.roll(truth, rng.integers(0, 2, 2), (0, 1)) ^ mask()


def test_perfect_prediction():
    truth = mask_of((3, 3, 3, 3), (20, 40, 2, 5))
    values = pairs_of(truth, truth).measures()
    assert values['hIoU'] == values['loc_IoU'] == values['seg_IoU'] == 1
    assert sum(values.values()) == 3


def test_published_example_without_phantom_targets():
    """An empty image counts for nothing: the published code has 1 / 3 here."""
    truth = mask_of((3, 3, 3, 3))
    measures = SmallTargetMeasures()
    measures.update(truth.astype(float), truth)
    measures.update(np.zeros(SIZE), np.zeros(SIZE, bool))
    assert measures.target_level()['hIoU'] == 1


def test_nothing_to_measure():
    nothing = np.zeros(SIZE, bool)
    assert all(map(math.isnan, pairs_of(nothing, nothing).measures().values()))
    with pytest.raises(ValueError, match='no image'):
        SmallTargetMeasures().target_level()


@pytest.mark.parametrize('seed', range(20))
def test_errors_add_up(seed):
    values = pairs_of(*random_masks(seed)).measures()
    for level in ('loc', 'seg'):
        parts = [v for name, v in values.items() if name.startswith(level)]
        if not any(map(math.isnan, parts)):
            assert sum(parts) == pytest.approx(1)
            assert min(parts) >= 0
    if not math.isnan(values['seg_IoU']):
        assert values['hIoU'] == pytest.approx(
            values['loc_IoU'] * values['seg_IoU']
        )


def test_each_error_of_places():
    truth = mask_of((2, 2, 3, 3), (20, 20, 6, 6), (30, 50, 2, 2))
    # half of the second in two pieces, one where nothing is, third is missed
    found = mask_of(
        (2, 2, 3, 3), (20, 20, 2, 6), (24, 20, 2, 6), (5, 50, 2, 2)
    )
    values = pairs_of(truth, found).measures()
    # pieces are 2 px from the centre: one is a pair, one too many
    assert values['loc_IoU'] == pytest.approx(2 / 5)
    assert values['loc_several_to_one'] == pytest.approx(1 / 5)
    assert values['loc_interference'] == pytest.approx(1 / 5)
    assert values['loc_perception'] == pytest.approx(1 / 5)


def test_one_component_over_two_targets():
    truth = mask_of((10, 10, 3, 2), (10, 14, 3, 2))
    found = mask_of((10, 10, 3, 6))
    values = pairs_of(truth, found).measures()
    assert values['loc_one_to_several'] == pytest.approx(1 / 2)
    # union 18: 6 of the pair, 6 of the other target, 6 of neither
    for part in ('IoU', 'merging', 'interference'):
        assert values[f'seg_{part}'] == pytest.approx(1 / 3)
    assert values['seg_perception'] == 0


def test_pd_and_fa_by_each_matching():
    # a long target, found by its first half: 6 px from its middle, IoU 0.5
    truth = mask_of((5, 5, 1, 24), (30, 40, 2, 2))
    found = mask_of((5, 5, 1, 12), (30, 45, 2, 2))
    measures = SmallTargetMeasures()
    measures.update(found.astype(float), truth)
    pixels = truth.size
    assert measures.compute()['Pd'] == 0
    assert measures.compute()['Fa'] == pytest.approx(16 / pixels)
    values = measures.target_level()
    for rule in ('overlap', 'opdc'):
        assert values[f'Pd_{rule}'] == 0.5
        assert values[f'Fa_{rule}'] == pytest.approx(4 / pixels)


def test_overlap_counts_a_shared_component_once():
    truth = mask_of((10, 10, 3, 2), (10, 14, 3, 2))
    found = mask_of((10, 10, 3, 6), (30, 30, 1, 5))
    measures = SmallTargetMeasures()
    measures.update(found.astype(float), truth)
    values = measures.target_level()
    assert values['Pd_overlap'] == 1
    assert values['Fa_overlap'] == pytest.approx(5 / truth.size)


def test_merged_parts_equal_the_whole():
    parts = [SmallTargetMeasures(), SmallTargetMeasures()]
    whole = SmallTargetMeasures()
    for seed in range(6):
        truth, found = random_masks(seed)
        for one in (parts[seed % 2], whole):
            one.update(found.astype(float), truth)
    parts[0].merge(parts[1])
    assert parts[0].target_level() == pytest.approx(whole.target_level())


def test_misses_by_size_and_contrast():
    rng = np.random.default_rng(0)
    grey = rng.normal(100, 4, SIZE)
    small, large, dark = (5, 5, 2, 2), (20, 30, 5, 5), (33, 50, 3, 4)
    truth = mask_of(small, large, dark)
    grey[mask_of(small)] = 102
    grey[mask_of(large)] = 160
    grey[mask_of(dark)] = 90
    targets = true_targets(
        Components.of(truth), [False, True, False], grey.astype(np.float32)
    )
    assert [t.area for t in targets] == [4, 25, 12]
    assert targets[1].contrast == pytest.approx(15, rel=0.25)
    assert targets[2].contrast < 0 < targets[0].contrast < 1
    rows = {(r['by'], r['from']): r for r in miss_table(targets)}
    assert rows['area', 1]['missed'] == rows['area', 10]['missed'] == 1
    assert rows['area', 20]['Pd'] == 1
    assert rows['contrast', 4.0]['Pd'] == 1
    assert rows['contrast', -np.inf]['missed'] == 1
    for by in ('area', 'contrast'):
        assert sum(r['targets'] for r in rows.values() if r['by'] == by) == 3


def test_contrast_of_what_has_no_ring_or_no_image():
    truth = np.ones((4, 4), bool)
    (target,) = true_targets(Components.of(truth), [True], np.ones((4, 4)))
    assert math.isnan(target.contrast)
    (target,) = true_targets(Components.of(truth), [True], None)
    assert math.isnan(target.contrast)
    assert {row['by'] for row in miss_table([target])} == {'area'}
    assert miss_table([]) == []


def test_images_must_have_the_size_of_their_masks():
    with pytest.raises(ValueError, match='image is'):
        SmallTargetMeasures().update(
            np.zeros((4, 4)), np.zeros((4, 4), bool), image=np.zeros((4, 5))
        )
