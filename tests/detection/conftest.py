import runpy
from pathlib import Path

import pytest
from mmengine.registry import DefaultScope

from infmae_mm.synthetic.layouts import write_scenes

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def default_scope_of_module():
    with DefaultScope.overwrite_default_scope('mmdet'):
        yield


@pytest.fixture(autouse=True)
def default_scope():
    with DefaultScope.overwrite_default_scope('mmdet'):
        yield


@pytest.fixture(scope='session')
def convert():
    """The converter's main."""
    tool = ROOT / 'tools' / 'dataset_converters' / 'm3fd2coco.py'
    main = runpy.run_path(str(tool))['main']
    return lambda *args: main([str(arg) for arg in args])


@pytest.fixture(scope='session')
def m3fd(tmp_path_factory, convert):
    """A rendered M3FD of 6 images of 96x128, split into 4 and 2."""
    root = tmp_path_factory.mktemp('m3fd') / 'M3FD'
    write_scenes(str(root), 'm3fd', num=6, size=(96, 128))
    convert(
        root / 'Annotation',
        root / 'm3fd.json',
        *('--ratio', 0.67, '--scene-length', 2),
    )
    return root
