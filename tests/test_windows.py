"""Windowed attention in stage 3."""

import pytest
import torch

from infmae_mm import InfMAE
from infmae_mm.layers import TransformerBlock
from infmae_mm.patches import VisiblePatches
from infmae_mm.windows import Windows

ARCH = dict(embed_dims=(32, 32, 32), depths=(1, 1, 3), num_heads=4)
GRIDS = [((4, 6), 2), ((5, 7), 3), ((3, 8), 4), ((2, 2), 4), ((1, 5), 2)]


def build(**kwargs):
    torch.manual_seed(0)
    return InfMAE(arch=ARCH, **kwargs)


def explicit(block, x, grid, size):
    """The block, where a matrix says which token sees which."""
    rows, columns = grid
    row = torch.arange(rows).repeat_interleave(columns) // size
    column = torch.arange(columns).repeat(rows) // size
    same = (row[:, None] == row) & (column[:, None] == column)  # (N, N)
    attn, heads = block.attn, block.attn.num_heads
    b, n, c = x.shape
    qkv = attn.qkv(block.norm1(x)).view(b, n, 3, heads, c // heads)
    q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, N, C / heads)
    weights = q @ k.transpose(-2, -1) * (c // heads) ** -0.5
    weights = weights.masked_fill(~same, float('-inf')).softmax(-1)
    mixed = (weights @ v).transpose(1, 2).reshape(b, n, c)  # (B, N, C)
    x = x + attn.proj(mixed)
    return x + block.mlp(block.norm2(x))


@pytest.mark.parametrize(('grid', 'size'), GRIDS)
def test_join_inverts_split(grid, size):
    windows = Windows(grid, size)
    x = torch.randn(2, grid[0] * grid[1], 3)
    parts = windows.split(x)
    assert torch.equal(windows.join(parts), x)
    mask = windows.mask(x)
    real = len(parts) * parts.shape[1] if mask is None else mask.sum()
    assert real == x.shape[0] * x.shape[1]


def test_a_window_is_a_square_of_the_map():
    x = torch.arange(24).view(1, 24, 1)  # a map of 4 rows and 6 columns
    parts = Windows((4, 6), 2).split(x)[..., 0]
    assert parts.shape == (6, 4)
    assert parts[0].tolist() == [0, 1, 6, 7]
    assert parts[1].tolist() == [2, 3, 8, 9]
    assert parts[5].tolist() == [16, 17, 22, 23]


@pytest.mark.parametrize(('grid', 'size'), GRIDS)
def test_equals_explicit_attention_among_real_tokens(grid, size):
    block = TransformerBlock(32, num_heads=4, mlp_ratio=4).double()
    x = torch.randn(2, grid[0] * grid[1], 32, dtype=torch.float64)
    torch.testing.assert_close(
        block(x, Windows(grid, size)), explicit(block, x, grid, size)
    )


@pytest.mark.parametrize('size', [(64, 96), (50, 77)])
@pytest.mark.parametrize('window_size', [6, 16])
def test_a_window_that_covers_the_map_is_full_attention(size, window_size):
    x = torch.randn(2, 3, *size)
    full, windowed = build().eval(), build(window_size=window_size).eval()
    for a, b in zip(full(x), windowed(x), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize('size', [(96, 128), (70, 110)])
def test_windows_see_less_and_global_blocks_see_all(size):
    x = torch.randn(1, 3, *size)
    full = build().eval()(x)[2]
    windowed = build(window_size=2).eval()(x)[2]
    everywhere = build(window_size=2, global_indices=(0, 1, 2)).eval()(x)[2]
    assert not torch.allclose(windowed, full, atol=1e-4)
    assert torch.equal(everywhere, full)

    # A change in the last corner reaches the first token in a global block.
    changed = x.clone()
    changed[..., -16:, -16:] += 1
    corner = (..., 0, 0)
    for indices, reaches in (((), False), ((1,), True)):
        model = build(window_size=2, global_indices=indices).eval()
        same = torch.equal(model(x)[2][corner], model(changed)[2][corner])
        assert same != reaches


@pytest.mark.parametrize('size', [(64, 64), (70, 110)])
def test_every_parameter_gets_the_same_gradient_with_cp(size):
    x = torch.randn(2, 3, *size)
    gradients = []
    for with_cp in (False, True):
        model = build(window_size=3, global_indices=[1], with_cp=with_cp)
        sum(m.square().sum() for m in model.train()(x)).backward()
        gradients.append({n: p.grad for n, p in model.named_parameters()})
    for name, gradient in gradients[0].items():
        assert gradient.isfinite().all(), name
        assert gradient.any(), name
        assert torch.equal(gradient, gradients[1][name]), name


def test_no_new_parameter():
    build(window_size=4).load_state_dict(build().state_dict(), strict=True)


def test_visible_patches_have_no_windows():
    visible = VisiblePatches(torch.tensor([[0, 3]]), (2, 2))
    patches = torch.randn(1, 2, 2, 2, 32)
    assert build().forward_stage(2, patches, visible).shape[1] == 2
    with pytest.raises(ValueError, match='whole map'):
        build(window_size=2).forward_stage(2, patches, visible)


@pytest.mark.parametrize(
    ('kwargs', 'match'),
    [
        (dict(window_size=0), 'window_size'),
        (dict(global_indices=(0,)), 'window_size'),
        (dict(window_size=2, global_indices=(3,)), '0 to 2'),
    ],
)
def test_bad_arguments(kwargs, match):
    with pytest.raises(ValueError, match=match):
        build(**kwargs)
