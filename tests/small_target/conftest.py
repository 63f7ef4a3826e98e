import sys
from pathlib import Path

import pytest
from mmengine.registry import DefaultScope

# Tests import `oracle`, configs of runs import `toy_segmentor`.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def default_scope():
    with DefaultScope.overwrite_default_scope('mmseg'):
        yield
