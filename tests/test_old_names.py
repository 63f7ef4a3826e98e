"""Names of before 0.1.0: they work, and say what they are called now."""

import importlib

import pytest
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS, TRANSFORMS

import infmae_mm.classification
import infmae_mm.segmentation  # noqa: F401  (registers)
import infmae_mm.small_target.models  # noqa: F401  (registers)


@pytest.fixture(autouse=True)
def default_scope():
    with DefaultScope.overwrite_default_scope('mmseg'):
        yield


@pytest.mark.parametrize(
    ('registry', 'module', 'old', 'new'),
    [
        (TRANSFORMS, 'segmentation', 'LoadLabels', 'LoadInfraredLabels'),
        (MODELS, 'small_target.models', 'SoftIoULoss', 'TargetSoftIoULoss'),
    ],
)
def test_old_names(registry, module, old, new):
    with pytest.warns(UserWarning, match=f'{old} is called {new} now'):
        built = registry.build(dict(type=old))
    assert type(built).__name__ == new
    owner = importlib.import_module(f'infmae_mm.{module}')
    with pytest.warns(UserWarning, match=f'{old} is called {new} now'):
        assert getattr(owner, old) is type(built)
    with pytest.raises(AttributeError, match='NoSuchName'):
        owner.NoSuchName  # noqa: B018


def test_a_name_that_lies_elsewhere_now():
    with pytest.warns(UserWarning, match='called infmae_mm.classification.T'):
        from infmae_mm.pretrain import ThermalClassificationInferencer
    assert ThermalClassificationInferencer is (
        infmae_mm.classification.ThermalClassificationInferencer
    )


def test_arguments_are_passed_on():
    loss = dict(type='SoftIoULoss', loss_weight=3.0)
    with pytest.warns(UserWarning, match='TargetSoftIoULoss'):
        assert MODELS.build(loss).loss_weight == 3.0
    with pytest.raises(TypeError, match='typo'), pytest.warns(UserWarning):
        MODELS.build(dict(type='SoftIoULoss', typo=1))
