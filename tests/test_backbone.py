"""The backbone: sizes, options and gradients."""

import pytest
import torch
import torch.nn.functional as F

from infmae_mm import InfMAE
from infmae_mm.position import cubic_weights

ARCH = dict(embed_dims=(32, 48, 64), depths=(2, 1, 2), num_heads=4)


def build(**kwargs):
    torch.manual_seed(0)
    model = InfMAE(**{'arch': ARCH, **kwargs})
    model.init_weights()
    return model


@pytest.mark.parametrize(
    'size', [(64, 64), (32, 96), (50, 77), (1, 1), (33, 16)]
)
def test_any_input_size(size):
    model = build()
    maps = model(torch.randn(2, 3, *size))
    for i, (x, channels) in enumerate(
        zip(maps, model.out_channels, strict=True)
    ):
        stride = 4 * 2**i
        rows, columns = -(-size[0] // stride), -(-size[1] // stride)
        assert x.shape == (2, channels, rows, columns)
        assert x.is_contiguous()


def test_padding_is_that_of_a_user():
    """Padding inside equals padding by hand, cut to the image."""
    model = build().eval()
    x = torch.randn(1, 3, 50, 77)
    padded = model(torch.nn.functional.pad(x, (0, 3, 0, 14)))
    for got, expected in zip(model(x), padded, strict=True):
        rows, columns = got.shape[-2:]
        assert torch.equal(got, expected[..., :rows, :columns])


@pytest.mark.parametrize(
    'out_indices', [(0,), (1,), (2,), (0, 1, 2), (3,), (0, 1, 2, 3)]
)
def test_every_parameter_gets_a_gradient(out_indices):
    model = build(out_indices=out_indices, drop_path_rate=0.0)
    maps = model(torch.randn(2, 3, 64, 48))
    assert len(maps) == len(out_indices)
    sum(m.square().sum() for m in maps).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_with_cp_changes_nothing():
    x = torch.randn(2, 3, 48, 64)
    gradients = []
    for with_cp in (False, True):
        model = build(with_cp=with_cp, drop_path_rate=0.5).train()
        torch.manual_seed(1)
        sum(m.square().sum() for m in model(x)).backward()
        gradients.append([p.grad for p in model.parameters()])
    for a, b in zip(*gradients, strict=True):
        assert torch.equal(a, b)


def test_drop_path_acts_in_training_only():
    model = build(drop_path_rate=0.9)
    x = torch.randn(4, 3, 32, 32)
    assert not torch.equal(model.train()(x)[2], model(x)[2])
    assert torch.equal(model.eval()(x)[2], model(x)[2])
    assert torch.equal(model(x)[2], build().eval()(x)[2])


@pytest.mark.parametrize('frozen_stages', [-1, 0, 1, 2, 3])
def test_frozen_stages(frozen_stages):
    model = build(frozen_stages=frozen_stages, drop_path_rate=0.5).train()
    stages = (
        (model.patch_embed1, model.blocks1),
        (model.patch_embed2, model.blocks2),
        (model.patch_embed3, model.patch_embed4, model.blocks3),
        (model.downsample,),
    )
    for i, stage in enumerate(stages):
        for module in stage:
            assert module.training == (i > frozen_stages)
            for parameter in module.parameters():
                assert parameter.requires_grad == (i > frozen_stages)


def test_one_channel_loads_three():
    """The filters are summed: grey images give the same maps."""
    three, one = build().eval(), build(in_channels=1).eval()
    one.load_state_dict(three.state_dict())
    x = torch.randn(2, 1, 48, 64)
    for a, b in zip(three(x.expand(-1, 3, -1, -1)), one(x), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_a_checkpoint_brings_its_own_position_grid():
    """224 into any img_size: the same maps, and bit for bit the same table."""
    small, large = build(img_size=64).eval(), build(img_size=96).eval()
    large.load_state_dict(small.state_dict())
    assert torch.equal(large.pos_embed, small.pos_embed)
    for size in ((64, 64), (96, 96), (32, 112)):
        x = torch.randn(1, 3, *size)
        for a, b in zip(small(x), large(x), strict=True):
            assert torch.equal(a, b)


def test_a_position_grid_that_cannot_be_known_is_an_error():
    weights = build(img_size=(32, 96)).state_dict()
    with pytest.raises(ValueError, match='12 positions.*img_size'):
        build(img_size=64).load_state_dict(weights)
    again = build(img_size=(32, 96))
    again.load_state_dict(weights)
    assert again.grid == (2, 6)


@pytest.mark.parametrize(('old', 'new'), [(14, 14), (14, 33), (14, 5), (3, 8)])
def test_positions_of_an_exported_network(old, new):
    """Products with matrices are torch's bicubic interpolation."""
    values = torch.randn(1, 1, 1, old)
    expected = F.interpolate(values, (1, new), mode='bicubic')
    found = cubic_weights(old, new) @ values[0, 0, 0]
    torch.testing.assert_close(found, expected[0, 0, 0])


def test_positions_are_fixed():
    model = build()
    assert 'pos_embed' not in dict(model.named_parameters())
    assert 'pos_embed' in model.state_dict()


@pytest.mark.parametrize('arch', ['tiny', 'mini', 'small', 'base', 'large'])
def test_published_sizes(arch):
    """As many parameters as when weights of each size were published."""
    with torch.device('meta'):
        model = InfMAE(arch=arch)
    count = {
        'tiny': 197_824,
        'mini': 3_350_304,
        'small': 23_194_752,
        'base': 89_764_480,
        'large': 319_384_192,
    }[arch]
    assert sum(p.numel() for p in model.parameters()) == count


@pytest.mark.parametrize(
    ('kwargs', 'match'),
    [
        (dict(arch='huge'), "'tiny', 'mini', 'small', 'base', 'large'"),
        (dict(arch=dict(embed_dims=(8, 8, 8))), 'depths'),
        (dict(arch={**ARCH, 'depths': (1, 1)}), 'three'),
        (dict(arch={**ARCH, 'num_heads': 5}), 'num_heads=5'),
        (dict(arch={**ARCH, 'embed_dims': (8, 8, 6), 'num_heads': 2}), '4'),
        (dict(in_channels=4), 'in_channels'),
        (dict(out_indices=(0, 4)), 'out_indices'),
        (dict(out_indices=()), 'out_indices'),
        (dict(frozen_stages=4), 'frozen_stages'),
        (dict(out_indices=(1, 1)), 'each once'),
        (dict(drop_path_rate=2.0), 'drop_path_rate'),
        (dict(drop_path_rate=float('nan')), 'drop_path_rate'),
        (dict(drop_path_rate=-0.1), 'drop_path_rate'),
        (dict(img_size=10), 'at least 16'),
        (dict(img_size=(224, 0)), 'at least 16'),
        (dict(arch={**ARCH, 'num_heads': 0}), '1 or more'),
        (dict(arch={**ARCH, 'depths': (0, 1, 1)}), '1 or more'),
        (dict(arch={**ARCH, 'embed_dims': (8, 8.5, 8)}), 'whole'),
    ],
)
def test_bad_arguments(kwargs, match):
    with pytest.raises(ValueError, match=match):
        build(**kwargs)


def test_bad_input():
    with pytest.raises(ValueError, match=r'\(B, 3, H, W\).*\(2, 1, 32, 32\)'):
        build()(torch.randn(2, 1, 32, 32))
