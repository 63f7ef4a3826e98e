import pytest
import torch
from mmengine.registry import DefaultScope

# Tiny models: handing work to threads costs more than the work.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture(scope='module', autouse=True)
def default_scope_of_module():
    """Also for what a module's own fixtures build, which come first."""
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        yield


@pytest.fixture(autouse=True)
def default_scope():
    """A runner that a test builds leaves its scope to the tests after it."""
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        yield
