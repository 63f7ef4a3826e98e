"""The command line of tools/prepare_thermal_set.py, on planted images."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from toy_sets import prepare, run, table

from infmae_mm.curation.selection import STATUSES, Recipe, judge
from infmae_mm.curation.statistics import ImageStatistics
from infmae_mm.synthetic.scenes import render_scene
from infmae_mm.thermal import InfraredImages


def test_planted_images(planted, prepared):
    rows = table(prepared)
    status = {name: row['status'] for name, row in rows.items()}
    kept = {'0.png', '1.png', '2.png', '3.png', '4.png'}
    kept |= {'flipped.png', 'narrow.png'}
    anchors = {
        'resized.png': '0.png',
        'coded.jpg': '1.png',
        'brighter.png': '2.png',
        'same.bmp': '3.png',
    }
    expected = dict.fromkeys(kept, 'kept')
    expected |= dict.fromkeys(anchors, 'near-duplicate')
    expected |= {'tiny.png': 'too small', '2b.png': 'unreadable'}
    assert status == expected
    for name, anchor in anchors.items():
        assert rows[name]['anchor'] == str(planted / 'a' / anchor)
        assert 0 <= int(rows[name]['distance']) <= 8
    assert rows['same.bmp']['distance'] == '0'
    assert rows['0.png']['anchor'] == rows['0.png']['distance'] == ''
    assert (rows['0.png']['width'], rows['0.png']['height']) == ('300', '200')
    assert rows['0.png']['bit_depth'] == '8'
    assert 'truncated PNG' in rows['2b.png']['problem']

    lines = (prepared / 'train.txt').read_text().splitlines()
    assert {os.path.basename(line) for line in lines} == kept
    assert all(os.path.isabs(line) for line in lines)
    assert lines == sorted(lines)


def test_summary(planted, prepared):
    summary = json.loads((prepared / 'summary.json').read_text())
    assert summary['images'] == 13
    counts = [
        summary[key]
        for key in ('kept', 'near_duplicate', 'too_small', 'unreadable')
    ]
    assert counts == [7, 4, 1, 1]
    assert sum(summary['near_duplicates_by_distance'].values()) == 4
    assert summary['skipped_archives'] == [str(planted / 'a' / 'more.zip')]
    entropies = [
        float(row['entropy'])
        for row in table(prepared).values()
        if row['status'] == 'kept'
    ]
    assert summary['kept_images']['mean_entropy'] == pytest.approx(
        np.mean(entropies), abs=2e-4
    )
    assert summary['kept_images']['width'] == [20, 300]


def test_pictures(prepared):
    for name in ('entropy.png', 'sizes.png', 'near_duplicates.jpg'):
        image = cv2.imread(str(prepared / name))
        assert min(image.shape[:2]) > 100
        assert image.std() > 5
    assert not list(prepared.glob('.*'))


def test_the_list_is_what_the_dataset_reads(prepared):
    dataset = InfraredImages(
        data_root='',
        ann_file=str(prepared / 'train.txt'),
        pipeline=[dict(type='LoadThermalImage', channels=1)],
    )
    assert len(dataset) == 7
    assert all(dataset[i]['unreadable'] == () for i in range(7))


def test_sample(planted, prepared, tmp_path):
    options = [
        planted,
        '--statistics',
        prepared / 'statistics.jsonl',
        '--seed=3',
    ]
    run(*options, '--out', tmp_path / 'four', '--sample=4')
    lines = (tmp_path / 'four' / 'train.txt').read_text().splitlines()
    assert lines == sorted(lines)
    status = [row['status'] for row in table(tmp_path / 'four').values()]
    assert [status.count(s) for s in ('kept', 'not sampled')] == [4, 3]
    with pytest.raises(SystemExit, match='only 7 images'):
        run(*options, '--out', tmp_path / 'eight', '--sample=8')


def test_samples_are_nested():
    paths = [f'/{i:04}.png' for i in range(1000)]
    words = np.random.default_rng(0).integers(0, 2**64, 1000, np.uint64)
    statistics = [
        ImageStatistics(640, 512, 8, 6.0, int(word)) for word in words
    ]

    def sample(number, seed=0):
        recipe = Recipe(('/',), 8, 20, number, seed)
        verdicts = judge(paths, statistics, recipe)
        return [v.path for v in verdicts if v.status == 'kept']

    few, many = sample(100), sample(500)
    assert (len(few), len(many)) == (100, 500)
    assert set(few) < set(many)
    assert few == sorted(few) == sample(100)
    # another seed draws others, spread over all
    other = sample(100, seed=1)
    assert len(set(few) & set(other)) < 40
    assert min(few) < '/0100.png' < '/0900.png' < max(few)


def test_statuses_are_documented():
    page = Path(__file__).parents[2] / 'docs' / 'prepare_set.md'
    text = page.read_text()
    assert all(f'`{status}`' in text for status in STATUSES)


def test_what_odd_pictures_are_told(tmp_path, capsys):
    picture = render_scene(np.random.default_rng(7), (200, 300)).image
    first, second = tmp_path / 'first', tmp_path / 'second'
    for folder in (first / 'masks', second):
        folder.mkdir(parents=True)
    coloured = cv2.applyColorMap(picture, cv2.COLORMAP_INFERNO)
    photograph = np.dstack([picture, picture[::-1], picture[:, ::-1]])
    mask = np.where(picture > 128, 255, 0).astype(np.uint8)
    cv2.imwrite(str(first / 'a_photograph.png'), photograph)
    cv2.imwrite(str(first / 'b_palette.png'), coloured)
    cv2.imwrite(str(first / 'masks' / 'c.png'), mask)
    cv2.imwrite(str(second / 'raw.png'), picture.astype(np.uint16) * 100)
    sources = [str(first), str(second)]
    prepare([*sources, '--out', str(tmp_path / 'all'), '--workers', '1'])
    told = capsys.readouterr().out
    assert '1 pictures have two values only' in told
    assert '1 pictures have colours of no palette' in told
    assert '1 pictures have a palette (inferno 1)' in told
    # the frame of 16 bits stays, though its picture comes first
    kept = (tmp_path / 'all' / 'train.txt').read_text().splitlines()
    assert str(second / 'raw.png') in kept
    assert str(first / 'b_palette.png') not in kept
    summary = json.loads((tmp_path / 'all' / 'summary.json').read_text())
    assert summary['sources'][str(second)]['kept'] == 1
    assert summary['sources'][str(first)]['near_duplicate'] == 1
    assert summary['palettes'] == dict(grey=2, none=1, inferno=1)

    prepare([*sources, '--out', str(tmp_path / 'some'), '--exclude', 'masks'])
    told = capsys.readouterr().out
    assert '1 excluded' in told
    assert 'two values' not in told
    with pytest.raises(SystemExit, match='fits no image'):
        prepare([*sources, '--out', str(tmp_path / 'no'), '--exclude', 'mask'])
