"""Pictures of reconstructions: what is drawn."""

import random

import numpy as np
import pytest
import torch
from toy_pretrainer import SIZE, build, scene

from infmae_mm.patches import patch_grid, take_patches, unpatchify
from infmae_mm.pretrain.visualization import (
    MASK_COLOUR,
    draw_view,
    panels_of,
    reconstruct_view,
    restore_patch_statistics,
)


@pytest.fixture(params=['InformationAwareMasking', 'RandomMasking'])
def masking(request):
    return request.param


def test_the_view_is_in_grey_levels(masking):
    image = scene(height=48, width=80)
    view = reconstruct_view(build(masking=masking), image)
    np.testing.assert_allclose(view.image, image[0].numpy(), atol=1e-3)
    assert view.prediction.shape == (48, 80)
    assert view.mask.shape == (3, 5)
    visible = 4 if masking == 'InformationAwareMasking' else 3
    assert (~view.mask).sum() == visible
    assert (view.scores is None) == (masking == 'RandomMasking')


def test_the_prediction_has_the_scale_of_the_input():
    """A decoder that predicts the normalised value of one grey level."""
    model = build()
    pred = model.neck.decoder_pred
    torch.nn.init.zeros_(pred.weight)
    torch.nn.init.constant_(pred.bias, (100 / 255 - 0.425) / 0.2)
    view = reconstruct_view(model, scene())
    np.testing.assert_allclose(view.prediction, 100, atol=1e-3)


def test_norm_pix_is_undone():
    model = build(norm_pix=True)
    inputs = model.data_preprocessor(dict(inputs=scene()[None]))['inputs']
    grid = patch_grid(inputs)
    ids = torch.arange(grid[0] * grid[1])[None]  # (1, N)
    target = model.head.target(take_patches(inputs, ids))
    as_image = unpatchify(target, grid)
    restored = restore_patch_statistics(as_image, inputs)
    torch.testing.assert_close(restored, inputs, rtol=1e-4, atol=1e-4)

    torch.nn.init.zeros_(model.neck.decoder_pred.weight)
    torch.nn.init.zeros_(model.neck.decoder_pred.bias)
    view = reconstruct_view(model, scene())
    means = view.image.reshape(4, 16, 4, 16).mean(axis=(1, 3))
    got = view.prediction.reshape(4, 16, 4, 16).mean(axis=(1, 3))
    np.testing.assert_allclose(got, means, atol=1e-2)
    assert 'norm_pix' in panels_of(view)[3].detail


def test_panels_agree_with_each_other(masking):
    view = reconstruct_view(build(masking=masking), scene())
    image, scores, visible, prediction, pasted, error = panels_of(view)
    masked = view.mask.repeat(16, 0).repeat(16, 1)
    assert np.array_equal(np.isnan(visible.values), masked)
    assert np.array_equal(pasted.values[~masked], image.values[~masked])
    assert np.array_equal(pasted.values[masked], prediction.values[masked])
    assert (error.values[~masked] == 0).all()
    assert error.values.max() == error.high
    greys = (image, visible, prediction, pasted)
    assert len({(p.low, p.high, p.colormap) for p in greys}) == 1
    if masking == 'RandomMasking':
        assert np.isnan(scores.values).all()
    else:
        assert (scores.values[::16, ::16] == view.scores).all()


def test_drawing_keeps_grey_and_enlarges_without_smoothing():
    view = reconstruct_view(build(), scene())
    picture = draw_view(view, 'scène.png')
    assert picture.dtype == np.uint8
    factor = 6  # 64 to 384 pixels
    top, left = 34 + 50, 12
    drawn = picture[top : top + 384, left : left + 384]
    low, high = view.image.min(), view.image.max()
    levels = ((view.image - low) / (high - low) * 255).round()
    expected = levels.astype(np.uint8).repeat(factor, 0).repeat(factor, 1)
    assert (drawn == expected[..., None]).all()
    assert (picture == MASK_COLOUR).all(axis=2).any()


@pytest.mark.parametrize('value', [0, 128, 255])
def test_constant_images(value):
    image = torch.full((1, SIZE, SIZE), value, dtype=torch.uint8)
    picture = draw_view(reconstruct_view(build(), image))
    assert picture.shape[2] == 3


@pytest.mark.parametrize('training', [True, False])
def test_model_and_generators_are_left_alone(masking, training):
    model = build(masking=masking).train(training)
    model.backbone.blocks1.eval()
    modes = [m.training for m in model.modules()]
    weights = {n: v.clone() for n, v in model.state_dict().items()}

    def draws():
        return torch.rand(1), np.random.rand(), random.random()

    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    expected = draws()
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    first = reconstruct_view(model, scene())
    assert draws() == expected
    assert [m.training for m in model.modules()] == modes
    for name, value in model.state_dict().items():
        assert torch.equal(value, weights[name])
    assert all(p.grad is None for p in model.parameters())
    again = reconstruct_view(model, scene())
    assert np.array_equal(first.mask, again.mask)
    assert np.array_equal(first.prediction, again.prediction)
