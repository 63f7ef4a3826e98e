import json
import runpy
import sys
from pathlib import Path

import cv2
import pytest

TOOL = Path(__file__).parents[2] / 'tools' / 'benchmarks' / 'image_reading.py'


@pytest.fixture(autouse=True)
def threads():
    """The tool sets the threads of the process: set them back."""
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


def run(monkeypatch, *options):
    monkeypatch.syspath_prepend(str(TOOL.parent))
    monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, options)])
    runpy.run_path(str(TOOL), run_name='__main__')


def test_rows(folder, tmp_path, monkeypatch):
    file = tmp_path / 'result.json'
    run(monkeypatch, folder, '--rounds=2', '--images=3', f'--json={file}')
    rows = json.loads(file.read_text())['rows']
    assert [row['channels'] for row in rows] == [1, 3]
    for row in rows:
        ours, theirs = row['LoadThermalImage ms'], row['cv2.imread ms']
        assert row['ratio'] == pytest.approx(ours / theirs)


def test_wrong_folder(tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match='no folder'):
        run(monkeypatch, tmp_path / 'typo')
