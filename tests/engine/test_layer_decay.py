"""The parameter groups of a model that learns layer by layer."""

import pytest
from mmengine.model import BaseModel
from mmengine.optim import build_optim_wrapper
from torch import nn

import infmae_mm.engine  # noqa: F401  (registers the constructor)
from infmae_mm.backbone import InfMAE

ARCH = dict(embed_dims=(16, 24, 32), depths=(2, 1, 3), num_heads=2)
BOTTOM = ('patch_embed', 'blocks1', 'blocks2')


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(32, 2, 1)
        self.bn = nn.BatchNorm2d(2)
        self.pos_embed = nn.Parameter(nn.init.zeros_(nn.Linear(2, 2).weight))


class Model(BaseModel):
    def __init__(self, **backbone):
        super().__init__()
        self.backbone = InfMAE(arch=ARCH, **backbone)
        self.neck = nn.Conv2d(32, 32, 1)
        self.decode_head = Head()

    def forward(self, inputs, data_samples=None, mode='tensor'):
        raise NotImplementedError


def wrapper_of(model, type_='LayerDecayOptimWrapperConstructor', **options):
    return build_optim_wrapper(
        model,
        dict(
            type='OptimWrapper',
            optimizer=dict(type='AdamW', lr=1.0, weight_decay=0.05),
            constructor=type_,
            paramwise_cfg=options or dict(decay_rate=0.5),
        ),
    )


def groups_of(model, **options):
    """The group of each parameter by its name."""
    names = {id(p): name for name, p in model.named_parameters()}
    groups = wrapper_of(model, **options).optimizer.param_groups
    return {names[id(p)]: g for g in groups for p in g['params']}


def test_every_parameter_is_in_one_group():
    model = Model()
    groups = wrapper_of(model).optimizer.param_groups
    given = [id(p) for group in groups for p in group['params']]
    assert len(given) == len(set(given))
    assert set(given) == {id(p) for p in model.parameters()}


def test_learning_rate_of_each_layer():
    """3 blocks: the bottom is 4 layers below the heads."""
    rates = {name: g['lr'] for name, g in groups_of(Model()).items()}
    expected = {}
    for name in rates:
        expected[name] = 1.0
        part, *rest = name.removeprefix('backbone.').split('.')
        if name.startswith('backbone.') and part.startswith(BOTTOM):
            expected[name] = 0.5**4
        elif part == 'blocks3':
            expected[name] = {'0': 0.5**3, '1': 0.5**2, '2': 0.5}[rest[0]]
    assert rates == expected
    assert rates['backbone.patch_embed4.weight'] == 0.5**4
    assert rates['backbone.downsample.conv.weight'] == 1
    assert rates['neck.weight'] == rates['decode_head.conv.weight'] == 1
    assert set(rates.values()) == {0.5**n for n in range(5)}


@pytest.mark.slow
def test_paper_has_eleven_layers():
    layers = {
        InfMAE('base', out_indices=(2,)).get_layer_depth(name)
        for name in ('patch_embed1.proj.weight', 'blocks3.10.norm1.weight')
    }
    assert layers == {(0, 13), (11, 13)}


def test_weight_decay_of_matrices_only():
    model = Model()
    decays = {n: g['weight_decay'] for n, g in groups_of(model).items()}
    without = {name for name, decay in decays.items() if decay == 0}
    assert set(decays.values()) == {0, 0.05}
    norms = {
        f'{prefix}.{name}'
        for prefix, module in model.named_modules()
        if isinstance(module, (nn.LayerNorm, nn.BatchNorm2d))
        for name, _ in module.named_parameters()
    }
    biases = {name for name in decays if name.endswith('.bias')}
    assert without == norms | biases | {'decode_head.pos_embed'}


def test_frozen_parameters_are_left_out():
    given = groups_of(Model(frozen_stages=1))
    assert not any(
        name.startswith(('backbone.blocks1', 'backbone.patch_embed2'))
        for name in given
    )
    assert 'backbone.patch_embed3.proj.weight' in given


def test_no_stage_3():
    model = Model(out_indices=(0, 1))
    rates = {n: g['lr'] for n, g in groups_of(model).items()}
    assert rates['backbone.blocks2.0.conv1.weight'] == 0.5
    assert rates['neck.weight'] == 1


def test_groups_have_names():
    groups = wrapper_of(Model()).optimizer.param_groups
    assert [group['name'] for group in groups[:2]] == [
        'layer_0_no_decay',
        'layer_0',
    ]


def test_second_spelling():
    wrapper = wrapper_of(
        Model(), 'infmae_mm.LayerDecayOptimWrapperConstructor'
    )
    assert len(wrapper.optimizer.param_groups) == 10


@pytest.mark.parametrize(
    'options,message',
    [
        (dict(decay_rate=0), r'\(0, 1\]'),
        (dict(decay_rate=1.5), r'\(0, 1\]'),
        (dict(norm_decay_mult=0), '_delete_'),
        (dict(decay_rate=0.5, custom_keys={}), '_delete_'),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        wrapper_of(Model(), **options)


def test_learning_rate_is_needed():
    cfg = dict(
        optimizer=dict(type='AdamW'),
        constructor='LayerDecayOptimWrapperConstructor',
        paramwise_cfg=dict(decay_rate=0.5),
    )
    with pytest.raises(ValueError, match='optim_wrapper.optimizer.lr'):
        build_optim_wrapper(Model(), cfg)


def test_other_backbone_is_named():
    model = Model()
    model.backbone = nn.Conv2d(1, 1, 1)
    with pytest.raises(ValueError, match='Conv2d, without get_layer_depth'):
        wrapper_of(model)
