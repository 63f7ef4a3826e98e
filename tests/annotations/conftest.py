import runpy
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / 'tools' / 'dataset_converters'


@pytest.fixture(scope='session')
def convert():
    """The converter's main."""
    main = runpy.run_path(str(TOOLS / 'm3fd2coco.py'))['main']
    return lambda *args: main([str(arg) for arg in args])
