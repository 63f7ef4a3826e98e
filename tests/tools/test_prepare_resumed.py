"""Sets that are prepared again: changed, interrupted, of another recipe."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from toy_sets import TOOL, content, prepare, run, save, table


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
