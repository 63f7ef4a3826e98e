import runpy
import sys
from pathlib import Path

import cv2
import pytest
import torch

TOOL = Path(__file__).parents[2] / 'tools' / 'benchmarks' / 'prepare_set.py'


@pytest.fixture(autouse=True)
def threads():
    """The tool sets the threads of the process: set them back."""
    before = cv2.getNumThreads(), torch.get_num_threads()
    yield
    cv2.setNumThreads(before[0])
    torch.set_num_threads(before[1])


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOL.parent))
    return runpy.run_path(str(TOOL))


def test_images(tool, folder, monkeypatch):
    paths = [str(path) for path in sorted(folder.rglob('*.png'))]
    for row in tool['measure_images'](paths, rounds=1):
        assert row['statistics : decoding'] == pytest.approx(
            row['statistics (images/s)'] / row['decoding (images/s)']
        )


@pytest.mark.parametrize('kind', ['random', 'clustered'])
def test_exact_comparison(tool, kind):
    row = tool['compare_exactly'](kind, tool['make_hashes'](kind, 800), 8)
    assert row['recall'] == 1
    assert row['all anchors equal']
    assert (row['to remove'] > 100) == (kind == 'clustered')


def test_no_image(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(TOOL.parent))
    monkeypatch.setattr(sys, 'argv', [str(TOOL), str(tmp_path)])
    with pytest.raises(SystemExit, match='no image'):
        runpy.run_path(str(TOOL), run_name='__main__')
