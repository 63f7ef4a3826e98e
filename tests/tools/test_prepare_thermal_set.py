"""The command line of tools/prepare_thermal_set.py, on planted images."""

import csv
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from infmae_mm.curation.selection import STATUSES, Recipe, judge
from infmae_mm.curation.statistics import ImageStatistics
from infmae_mm.synthetic.scenes import render_scene
from infmae_mm.thermal import InfraredImages

TOOL = Path(__file__).parents[2] / 'tools' / 'prepare_thermal_set.py'
prepare = runpy.run_path(str(TOOL))['main']


def save(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


@pytest.fixture(scope='module')
def planted(tmp_path_factory):
    """Five scenes, copies of them, and what does not belong into a set."""
    root = tmp_path_factory.mktemp('downloads')
    scenes = [
        render_scene(np.random.default_rng(i), (200, 300)).image
        for i in range(5)
    ]
    for i, scene in enumerate(scenes):
        save(root / f'a/{i}.png', scene)
    half = cv2.resize(scenes[0], None, fx=0.5, fy=0.5, interpolation=3)
    save(root / 'b/resized.png', half)
    cv2.imwrite(str(root / 'b/coded.jpg'), scenes[1], [1, 50])
    save(root / 'b/brighter.png', cv2.add(scenes[2], 15))
    save(root / 'b/same.bmp', scenes[3])
    save(root / 'b/flipped.png', scenes[4][:, ::-1])
    save(root / 'c/tiny.png', scenes[0][:19, :19])
    save(root / 'c/narrow.png', scenes[1][:19, :20])
    (root / 'a/2b.png').write_bytes((root / 'a/2.png').read_bytes()[:900])
    (root / 'a/more.zip').write_bytes(b'PK')
    (root / 'a/notes.txt').write_text('a note')
    return root


def table(out):
    with open(out / 'images.csv', newline='') as file:
        return {
            os.path.basename(row['path']): row for row in csv.DictReader(file)
        }


def content(out):
    return {p.name: p.read_bytes() for p in out.iterdir()}


def run(*arguments):
    prepare([str(argument) for argument in arguments])


@pytest.fixture(scope='module')
def prepared(planted, tmp_path_factory):
    out = tmp_path_factory.mktemp('made') / 'set'
    run(planted, '--out', out, '--workers=1')
    return out


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


def test_workers_and_repetition_change_nothing(planted, prepared, tmp_path):
    out = tmp_path / 'set'
    run(planted, '--out', out, '--workers=3')
    first = content(out)
    assert first == content(prepared)
    (out / 'mine.txt').write_text('precious')
    run(planted, '--out', out, '--workers=2')
    assert content(out) == {**first, 'mine.txt': b'precious'}


def test_a_changed_image_is_measured_again(planted, tmp_path):
    images = tmp_path / 'images'
    for i in range(3):
        save(images / f'{i}.png', cv2.imread(str(planted / f'a/{i}.png'), 0))
    out = tmp_path / 'set'
    run(images, '--out', out, '--workers=1')
    before = table(out)
    assert not (out / 'near_duplicates.jpg').exists()
    save(images / '1.png', cv2.imread(str(planted / 'a/0.png'), 0))
    (images / '2.png').unlink()
    run(images, '--out', out, '--workers=1')
    after = table(out)
    assert before['1.png']['status'] == 'kept'
    assert after['1.png']['status'] == 'near-duplicate'
    assert sorted(after) == ['0.png', '1.png']


def test_features_of_another_set(planted, prepared, tmp_path):
    out = tmp_path / 'set'
    statistics = prepared / 'statistics.jsonl'
    before = statistics.read_bytes()
    run(planted, '--out', out, '--distance=0', '--statistics', statistics)
    assert statistics.read_bytes() == before
    assert not (out / 'statistics.jsonl').exists()
    gone = [r for r in table(out).values() if r['status'] == 'near-duplicate']
    assert all(row['distance'] == '0' for row in gone)
    assert 'same.bmp' in {os.path.basename(row['path']) for row in gone}


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


def test_nothing_is_overwritten(planted, prepared, tmp_path):
    out = tmp_path / 'mine'
    out.mkdir()
    (out / 'train.txt').write_text('precious')
    with pytest.raises(SystemExit, match='new or an empty folder'):
        run(planted, '--out', out)
    assert content(out) == {'train.txt': b'precious'}
    before = content(prepared)
    with pytest.raises(SystemExit, match='--statistics'):
        run(planted, '--out', prepared, '--distance=3')
    assert content(prepared) == before
    file = tmp_path / 'file'
    file.write_text('precious')
    with pytest.raises(SystemExit, match='new or an empty folder'):
        run(planted, '--out', file)
    with pytest.raises(SystemExit, match='outside'):
        run(planted, '--out', planted / 'a' / 'set')
    assert not (planted / 'a' / 'set').exists()


def test_a_damaged_recipe_is_named(planted, tmp_path):
    (tmp_path / 'recipe.json').write_bytes(b'{"sources": [\xff')
    with pytest.raises(SystemExit, match=r'recipe\.json is damaged: choose'):
        run(planted, '--out', tmp_path)


def test_ctrl_c_tells_the_way_on(planted, tmp_path, monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setitem(prepare.__globals__, 'measure_all', stop)
    with pytest.raises(SystemExit) as stopped:
        run(planted, '--out', tmp_path / 'set')
    assert stopped.value.code == 130
    assert 'The same command goes on' in capsys.readouterr().err


def test_a_source_whose_name_is_no_utf_8(planted, tmp_path, capsys):
    odd = tmp_path / os.fsdecode(b'\xba\xec')
    save(odd.with_name('plain') / 'a.png', np.eye(30, dtype=np.uint8))
    odd.with_name('plain').rename(odd)
    run(planted / 'a', odd, '--out', tmp_path / 'set', '--workers=1')
    told = capsys.readouterr().out
    assert r'0 kept of 0 in' in told and r'\udcba\udcec' in told
    assert '1 images with unusable names' in told


@pytest.mark.parametrize(
    'options,message',
    [
        (['--sample=99'], 'only 13 images'),
        (['--distance=21'], 'distance'),
        (['--distance=-1'], 'distance'),
        (['--sample=0'], 'sample'),
        (['--seed=-1'], 'seed'),
    ],
)
def test_options_out_of_range(planted, tmp_path, options, message):
    with pytest.raises(SystemExit, match=message):
        run(planted, '--out', tmp_path / 'set', *options)
    assert not (tmp_path / 'set').exists()


def test_no_image(tmp_path):
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'a.zip').write_bytes(b'')
    with pytest.raises(SystemExit, match='1 archives were found'):
        run(tmp_path / 'in', '--out', tmp_path / 'set')
    with pytest.raises(SystemExit, match='no folder'):
        run(tmp_path / 'typo', '--out', tmp_path / 'set')


def test_a_folder_whose_name_is_no_text(tmp_path, capsys):
    """None of its images can stand in a list of UTF-8."""
    odd, plain = os.fsdecode(os.fsencode(tmp_path) + b'/\xff'), tmp_path / 'b'
    scene = render_scene(np.random.default_rng(0), (40, 60)).image
    save(plain / '1.png', scene)
    shutil.copytree(plain, odd)
    with pytest.raises(SystemExit, match='1 images .* no UTF-8.* rename'):
        run(odd, '--out', tmp_path / 'nothing')
    run(odd, plain, '--out', tmp_path / 'out', '--workers', 1)
    told = capsys.readouterr().out
    assert '0 kept of 0' in told
    assert '\\udcff' in told
    assert len((tmp_path / 'out' / 'train.txt').read_text().split()) == 1


def test_a_folder_that_cannot_be_listed_is_told_of(tmp_path, capsys, forbid):
    source, out = tmp_path / 'in', tmp_path / 'out'
    scene = render_scene(np.random.default_rng(0), (40, 60)).image
    save(source / 'a.png', scene)
    save(source / 'private' / 'b.png', scene)
    forbid(source / 'private')
    run(source, '--out', out, '--workers', 1)
    told = capsys.readouterr().out
    assert '1 folders that cannot be listed' in told
    assert "in/private' cannot be listed, and is left out: Perm" in told
    summary = json.loads((out / 'summary.json').read_text())
    assert [*summary['skipped_folders'].values()] == ['Permission denied']
    assert list(table(out)) == ['a.png']
    (source / 'a.png').unlink()
    with pytest.raises(SystemExit, match='no image.*private cannot be listed'):
        run(source, '--out', tmp_path / 'nothing')


def test_nothing_kept(tmp_path):
    save(tmp_path / 'in' / 'a.png', np.zeros((4, 4), np.uint8))
    out = tmp_path / 'set'
    with pytest.raises(SystemExit, match='images.csv'):
        run(tmp_path / 'in', '--out', out)
    assert table(out)['a.png']['status'] == 'too small'


def test_statuses_are_documented():
    page = Path(__file__).parents[2] / 'docs' / 'prepare_set.md'
    text = page.read_text()
    assert all(f'`{status}`' in text for status in STATUSES)


def processes_of(mark):
    """Processes whose command line holds a text (Linux)."""
    found = []
    for path in Path('/proc').glob('[0-9]*/cmdline'):
        try:
            if mark.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(
    not sys.platform.startswith('linux'), reason='looks into /proc'
)
def test_killed_and_resumed(tmp_path):
    images = tmp_path / 'images'
    images.mkdir()
    rng = np.random.default_rng(0)
    for i in range(8):
        image = rng.integers(0, 256, (30, 40), np.uint8)
        image = cv2.resize(image, (1600, 1200), interpolation=cv2.INTER_CUBIC)
        save(images / f'{i}.jpg', image)
        for k in range(1, 25):
            os.link(images / f'{i}.jpg', images / f'{i}_{k:02}.jpg')
    run(images, '--out', tmp_path / 'whole', '--workers=2')

    out = tmp_path / 'killed'
    command = [TOOL, images, '--out', out, '--workers=2']
    process = subprocess.Popen(
        [sys.executable, *map(str, command)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    statistics = out / 'statistics.jsonl'
    try:
        while not statistics.exists() or statistics.stat().st_size < 1000:
            assert process.poll() is None
            time.sleep(0.002)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL
    # no worker is left behind
    deadline = time.monotonic() + 20
    while processes_of(str(out)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not (out / 'train.txt').exists()
    survived = statistics.read_bytes()
    assert 0 < survived.count(b'\n') < 200

    # as if it had been killed while it was writing
    statistics.write_bytes(survived[:-5])
    run(images, '--out', out, '--workers=2')
    assert content(out) == content(tmp_path / 'whole')
    assert len(table(out)) == 200


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
