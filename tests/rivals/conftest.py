from pathlib import Path

import pytest

from infmae_mm.synthetic.layouts import write_scenes

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='session')
def msrs(tmp_path_factory) -> str:
    """A set in the layout of MSRS: 6 images to train on, 2 to test."""
    folder = str(tmp_path_factory.mktemp('msrs'))
    write_scenes(folder, 'msrs', num=8, size=(64, 96))
    return folder
