import pytest
from mmengine.registry import DefaultScope

from infmae_mm.synthetic.layouts import write_scenes


@pytest.fixture(autouse=True)
def default_scope():
    """The scope of segmentation, in place of that of the other tests."""
    with DefaultScope.overwrite_default_scope('mmseg'):
        yield


@pytest.fixture(scope='session')
def msrs(tmp_path_factory) -> str:
    """A set in the layout of MSRS: 6 images to train on, 2 to test."""
    folder = str(tmp_path_factory.mktemp('msrs'))
    write_scenes(folder, 'msrs', num=8, size=(48, 64))
    return folder
