"""Masking strategies, as properties."""

import pytest
import torch
import torch.nn as nn
from mmengine.registry import MODELS

from infmae_mm.masking import (
    InformationAwareMasking,
    RandomMasking,
    entropy_score,
    mask_from_ids,
    mask_template,
)
from infmae_mm.patches import VisiblePatches, take_patches

STRATEGIES = [
    dict(type='RandomMasking'),
    *(
        dict(type='InformationAwareMasking', stride=stride, score=score)
        for stride in (2, 4, 7, 14)
        for score in ('conv', 'intensity', 'entropy', 'variance')
    ),
]


@pytest.mark.parametrize('size', [(224, 224), (64, 112), (16, 48)])
@pytest.mark.parametrize('strategy', STRATEGIES, ids=str)
def test_kept_and_masked_ids_are_a_permutation(strategy, size):
    masking = MODELS.build(strategy)
    visible, masked = masking(torch.randn(3, 3, *size))
    n = size[0] * size[1] // 256
    ids, _ = torch.cat([visible, masked], dim=1).sort(dim=1)
    assert torch.equal(ids, torch.arange(n).expand(3, n))
    if 'stride' in strategy:
        assert visible.shape[1] == -(-n // strategy['stride'])
    else:
        assert visible.shape[1] == max(1, n // 4)


@pytest.mark.parametrize('score', ['conv', 'intensity', 'entropy', 'variance'])
def test_order_and_stride(score):
    """Every S-th patch of the sorted ones, from the first on, is visible."""
    x = torch.randn(2, 1, 96, 128)
    masking = InformationAwareMasking(stride=4, score=score)
    visible, _ = masking(x)
    scores = masking.scores(x)
    expected = scores.sort(dim=1, descending=True).values[:, ::4]
    assert torch.equal(scores.gather(1, visible), expected)
    ascending = InformationAwareMasking(4, 'ascending', score)
    ascending.load_state_dict(masking.state_dict())
    visible, _ = ascending(x)
    expected = scores.sort(dim=1).values[:, ::4]
    assert torch.equal(scores.gather(1, visible), expected)


@pytest.mark.parametrize('size', [(96, 128), (48, 80)])
def test_top_patches_are_the_richest(size):
    """DuGI-MAE: the ceil(N / S) patches of highest entropy."""
    x = torch.randn(2, 1, *size)
    x[..., :16, :] = 0  # flat patches, whose order is that of the grid
    masking = InformationAwareMasking(score='entropy', sampling='top')
    visible, masked = masking(x)
    strided, _ = InformationAwareMasking(score='entropy')(x)
    assert visible.shape == strided.shape
    n = size[0] * size[1] // 256
    ids, _ = torch.cat([visible, masked], dim=1).sort(dim=1)
    assert torch.equal(ids, torch.arange(n).expand(2, n))
    scores = masking.scores(x)
    least = scores.gather(1, visible).amin(dim=1)
    assert (scores.gather(1, masked) <= least[:, None]).all()
    masking.order = 'ascending'
    poorest, rest = masking(x)
    most = scores.gather(1, poorest).amax(dim=1)
    assert (scores.gather(1, rest) >= most[:, None]).all()


def test_unknown_sampling():
    with pytest.raises(ValueError, match="strided.*top.*got 'bottom'"):
        InformationAwareMasking(sampling='bottom')


def test_conv_score_is_a_convolution():
    x = torch.randn(2, 3, 64, 80)
    masking = InformationAwareMasking()
    expected = torch.nn.functional.conv2d(
        x.mean(1, keepdim=True), masking.weight, stride=16
    )
    torch.testing.assert_close(masking.scores(x), expected.flatten(1))
    assert not list(masking.parameters())
    assert list(masking.state_dict()) == ['weight']


def test_entropy_is_that_of_the_histogram():
    x = torch.randint(0, 256, (2, 1, 32, 48)).float()
    x[:, :, 0, 0], x[:, :, -1, -1] = 0, 255
    x[:, :, :16, 16:32] = 7
    pixels = take_patches(x, torch.arange(6).expand(2, 6)).flatten(2)
    entropy = entropy_score(pixels)
    for image in range(2):
        for patch in range(6):
            _, count = pixels[image, patch].unique(return_counts=True)
            p = count / count.sum()
            expected = -(p * p.log2()).sum().item()
            assert entropy[image, patch].item() == pytest.approx(
                expected, abs=1e-4
            )
    assert torch.equal(entropy[:, 1], torch.zeros(2))
    torch.testing.assert_close(entropy_score(pixels * 0.3 - 9), entropy)


def test_scores_ignore_autocast():
    x = torch.randn(2, 3, 64, 64)
    masking = InformationAwareMasking()
    with torch.autocast('cpu', torch.bfloat16):
        scores = masking.scores(x)
    assert torch.equal(scores, masking.scores(x))


def test_constant_images_are_masked_evenly():
    visible, _ = InformationAwareMasking(score='variance')(
        torch.zeros(2, 3, 64, 64)
    )
    assert torch.equal(visible, torch.arange(0, 16, 4).expand(2, 4))


@pytest.mark.parametrize('scale', [2, 4])
def test_templates_are_the_upsampled_mask(scale):
    visible, _ = RandomMasking()(torch.zeros(2, 3, 64, 96))
    mask = mask_from_ids(visible, 24)
    assert torch.equal(mask.sum(1), torch.full((2,), 18.0))
    template = mask_template(mask, (4, 6), scale)
    assert template.shape == (2, 4 * scale, 6 * scale)
    for row in range(4 * scale):
        for column in range(6 * scale):
            patch = row // scale * 6 + column // scale
            assert torch.equal(template[:, row, column], mask[:, patch])


@pytest.mark.parametrize('kernel', [3, 5])
@pytest.mark.parametrize('size', [1, 2, 4])
def test_convolving_patches_is_convolving_their_map(size, kernel):
    """Output and gradients, against a map that is filled patch by patch."""
    grid = (3, 5)
    ids, _ = RandomMasking(0.5)(torch.zeros(3, 3, 48, 80))
    conv = nn.Conv2d(8, 8, kernel, padding=kernel // 2, groups=8).double()
    shape = (3, ids.shape[1], size, size, 8)
    x = torch.randn(shape, dtype=torch.double, requires_grad=True)
    weight = torch.randn_like(x)

    def windows(maps):
        for image in range(3):
            for k, i in enumerate(ids[image].tolist()):
                row, column = i // 5 * size, i % 5 * size
                at = slice(row, row + size), slice(column, column + size)
                yield (image, k), maps[image, :, at[0], at[1]]

    maps = x.new_zeros(3, 8, 3 * size, 5 * size)
    for (image, k), window in windows(maps):
        window.copy_(x[image, k].permute(2, 0, 1))
    expected = torch.zeros_like(x)
    for (image, k), window in windows(conv(maps)):
        expected[image, k] = window.permute(1, 2, 0)
    inputs = [x, conv.weight, conv.bias]
    gradients = torch.autograd.grad((expected * weight).sum(), inputs)

    found = VisiblePatches(ids, grid).convolve(x, conv)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        torch.autograd.grad((found * weight).sum(), inputs), gradients
    )


def test_take_patches_cuts_windows():
    x = torch.randn(2, 1, 48, 32)
    ids = torch.tensor([[5, 0], [2, 3]])
    patches = take_patches(x.expand(-1, 3, -1, -1), ids)
    assert torch.equal(patches[0, 0, 1], x[0, 0, 32:, 16:])
    assert torch.equal(patches[1, 0, 2], x[1, 0, 16:32, :16])


@pytest.mark.parametrize(
    'kwargs',
    [dict(stride=0), dict(order='up'), dict(score='energy')],
)
def test_bad_arguments(kwargs):
    with pytest.raises(ValueError, match=next(iter(kwargs))):
        InformationAwareMasking(**kwargs)


def test_bad_ratio_and_size():
    with pytest.raises(ValueError, match='mask_ratio'):
        RandomMasking(1.0)
    with pytest.raises(ValueError, match='multiples of 16.*40x64'):
        RandomMasking()(torch.zeros(1, 3, 40, 64))
    with pytest.raises(ValueError, match='multiples of 16'):
        InformationAwareMasking()(torch.zeros(1, 3, 64, 65))
