"""Tools that write to a disk without room."""

import runpy
import sys

import cv2
import numpy as np
import pytest
from checkout import ROOT
from disks import fill


def run(monkeypatch, tool, *arguments):
    monkeypatch.setattr(sys, 'argv', [tool, *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(ROOT / 'tools' / tool), run_name='__main__')
    return str(stopped.value)


@pytest.fixture
def labelled(tmp_path):
    """A folder of images, each with a YOLO file of 50 boxes."""
    folder = tmp_path / 'set'
    folder.mkdir()
    (folder / 'classes.txt').write_text('person')
    rng = np.random.default_rng(0)
    for i in range(8):
        image = rng.integers(0, 255, (64, 80), np.uint8)
        cv2.imwrite(str(folder / f'{i}.png'), image)
        boxes = rng.uniform(0.3, 0.6, (50, 2))
        lines = [f'0 {x:.3f} {y:.3f} 0.1 0.1' for x, y in boxes]
        (folder / f'{i}.txt').write_text('\n'.join(lines))
    return folder


@pytest.mark.parametrize(
    ('tool', 'file'),
    [
        ('prepare_thermal_set.py', 'out/recipe.json'),
        ('dataset_converters/to_coco.py', 'out.json'),
        ('make_scenes.py', 'out/infmae_scenes.json'),
    ],
)
def test_the_file_and_the_way_on(
    monkeypatch, small_disk, labelled, tool, file
):
    out = small_disk / 'out'
    arguments = {
        'prepare_thermal_set.py': (labelled, '--out', out, '--workers', 1),
        'dataset_converters/to_coco.py': (labelled, f'{out}.json'),
        'make_scenes.py': (out, '--num', 1),
    }
    filler = fill(small_disk)
    said = run(monkeypatch, tool, *arguments[tool])
    assert f'the disk is full at {small_disk / file}' in said
    assert 'Make room' in said
    assert not list(small_disk.rglob('.*.part'))
    filler.unlink()
