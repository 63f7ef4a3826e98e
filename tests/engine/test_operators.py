"""A GPU, and operators that were compiled for the CPU only."""

import pytest
from mmengine.config import Config

from infmae_mm.engine.operators import operators_problem


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr('torch.cuda.is_available', lambda: True)


@pytest.fixture
def compiled(monkeypatch):
    def set_version(version):
        monkeypatch.setattr(
            'mmcv.ops.get_compiling_cuda_version', lambda: version
        )

    return set_version


def test_detection_with_operators_of_the_cpu(gpu, compiled):
    compiled('not available')
    problem = operators_problem(Config(dict(default_scope='mmdet')))
    assert 'CUDA_VISIBLE_DEVICES=' in problem
    assert 'nvcc' in problem


def test_nothing_else_is_stopped(gpu, compiled, monkeypatch):
    compiled('not available')
    assert operators_problem(Config(dict(default_scope='mmseg'))) is None
    compiled('12.8')
    detection = Config(dict(default_scope='mmdet'))
    assert operators_problem(detection) is None
    compiled('not available')
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    assert operators_problem(detection) is None
