import json
import runpy
import sys
from pathlib import Path

import cv2
import pytest
import torch

TOOL = Path(__file__).parents[2] / 'tools' / 'benchmarks' / 'data_loading.py'


@pytest.fixture(autouse=True)
def threads():
    """The tool sets the threads of the process: set them back."""
    before = cv2.getNumThreads(), torch.get_num_threads()
    yield
    cv2.setNumThreads(before[0])
    torch.set_num_threads(before[1])


def run(monkeypatch, *options):
    monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, options)])
    runpy.run_path(str(TOOL), run_name='__main__')


def test_json(folder, monkeypatch, capsys):
    pytest.importorskip('torchvision')
    run(monkeypatch, folder, '--images=3', '--rounds=1', '--json')
    out = capsys.readouterr().out
    result = json.loads(out[out.index('{') :])  # imports may print first
    assert result['images'] == 8
    for kind in ('cpu', 'wall'):
        row = result[kind]
        assert row['ratio'] == pytest.approx(
            row['ours_images_per_s'] / row['torchvision_images_per_s']
        )


def test_table(folder, monkeypatch, capsys):
    pytest.importorskip('torchvision')
    run(monkeypatch, folder, '--images=2', '--rounds=1', '--size=32')
    assert 'cpu time' in capsys.readouterr().out


def test_wrong_folder(tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match='no folder'):
        run(monkeypatch, tmp_path / 'typo')
