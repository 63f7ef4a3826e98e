"""Mixed precision of parts of a model."""

import pytest
import torch
import torch.nn as nn
from mmengine.config import Config

from infmae_mm.engine import BFloat16OptimWrapper
from infmae_mm.engine.launch import LaunchError
from infmae_mm.engine.training import set_amp


class Parts(nn.Module):
    """A part in bfloat16, then one that refuses it."""

    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(8, 8)
        self.head = nn.Linear(8, 8)
        self.seen = {}
        self.backbone.register_forward_hook(
            lambda module, args, output: self.seen.update(inner=output.dtype)
        )

    def forward(self, x):
        maps = self.backbone(x)
        out = self.head(maps)
        self.seen.update(maps=maps.dtype, out=out.dtype)
        return out


def wrapper(model, **kwargs):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return BFloat16OptimWrapper(optimizer=optimizer, **kwargs)


def test_parts_run_in_bfloat16_and_give_float32():
    model = Parts()
    optim = wrapper(model, modules=('backbone',))
    with optim.optim_context(model):
        loss = model(torch.ones(2, 8)).sum()
    assert model.seen == dict(
        inner=torch.bfloat16, maps=torch.float32, out=torch.float32
    )
    loss.backward()
    assert model.backbone.weight.grad.dtype == torch.float32
    model(torch.ones(2, 8))
    assert model.seen['inner'] == torch.float32


def test_without_parts_all_of_it_runs_in_bfloat16():
    model = Parts()
    with wrapper(model).optim_context(model):
        model(torch.ones(2, 8))
    assert set(model.seen.values()) == {torch.bfloat16}


def test_an_error_inside_leaves_autocast():
    model = Parts()
    optim = wrapper(model, modules=('backbone',))
    context = optim.optim_context(model)
    with pytest.raises(RuntimeError, match='shapes'), context:
        model(torch.ones(2, 3))
    assert not torch.is_autocast_enabled('cpu')


def test_a_part_that_is_not_there():
    model = Parts()
    context = wrapper(model, modules=('neck',)).optim_context(model)
    with pytest.raises(AttributeError, match='neck'), context:
        model(torch.ones(2, 8))


@pytest.mark.parametrize(
    ('scope', 'model', 'modules'),
    [
        (
            'mmdet',
            dict(backbone=dict(a=1), neck=dict(a=1)),
            ['backbone', 'neck'],
        ),
        ('mmdet', dict(backbone=dict(a=1), neck=None), ['backbone']),
        ('mmseg', dict(backbone=dict(a=1)), None),
    ],
)
def test_the_option_knows_detectors(scope, model, modules):
    cfg = Config(dict(default_scope=scope, model=model, optim_wrapper={}))
    set_amp(cfg, 'bfloat16')
    assert cfg.optim_wrapper.type == 'BFloat16OptimWrapper'
    assert cfg.optim_wrapper.get('modules') == modules


def test_the_option_names_a_detector_that_it_does_not_know():
    model = dict(detector=dict(backbone=dict(a=1)))
    cfg = Config(dict(default_scope='mmdet', model=model, optim_wrapper={}))
    with pytest.raises(LaunchError, match='modules='):
        set_amp(cfg, 'bfloat16')
