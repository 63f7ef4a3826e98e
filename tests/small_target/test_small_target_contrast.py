"""Contrast tells what stands out alone from what is one of many."""

import numpy as np
import pytest
import torch
from scipy.ndimage import uniform_filter, zoom

from infmae_mm.small_target.models.contrast import LocalContrast


def specks(*places):
    image = torch.zeros(1, 3, 160, 160)
    for row, column in places:
        image[..., row : row + 3, column : column + 3] = 2.0
    return image


def test_a_speck_of_many_stands_out_less():
    grid = [(r, c) for r in range(6, 150, 12) for c in range(6, 150, 12)]
    contrast = LocalContrast(reaches=(3, 33))
    alone = contrast(specks((78, 78)))[0, :, 79, 79]
    one_of_many = contrast(specks(*grid))[0, :, 79, 79]
    # grey, and what is next to it, are the same
    assert alone[0] == one_of_many[0]
    assert one_of_many[1] == pytest.approx(float(alone[1]), rel=0.2)
    assert one_of_many[2] < alone[2] / 3


def test_brightness_and_contrast_of_the_image_do_not_matter():
    torch.manual_seed(0)
    image = torch.randn(2, 3, 61, 47)
    contrast = LocalContrast(floor=1e-4)
    torch.testing.assert_close(
        contrast(image)[:, 1:],
        contrast(image * 0.3 + 5.0)[:, 1:],
        atol=1e-3,
        rtol=1e-3,
    )


def test_noise_below_the_floor_counts_for_little():
    torch.manual_seed(0)
    noise = torch.randn(1, 1, 64, 64)
    assert LocalContrast()(noise * 0.01)[:, 1:].abs().max() < 0.5
    assert LocalContrast()(noise)[:, 1:].abs().max() > 2


def test_as_the_formula_has_it():
    """Away from the border, against windows by scipy."""
    torch.manual_seed(0)
    image = torch.rand(1, 1, 128, 128)
    (grey, *_, found) = LocalContrast(reaches=(9,), floor=0.2)(image)[0]
    grey = grey.double().numpy()

    def around(x, side):
        cells = x.reshape(32, 4, 32, 4).mean((1, 3))
        return zoom(
            uniform_filter(cells, side, mode='constant'),
            4,
            order=1,
            mode='nearest',
            grid_mode=True,
        )

    difference = grey - around(grey, 3)
    expected = difference / np.sqrt(around(difference**2, 9) + 0.2**2)
    inner = slice(40, 88)
    np.testing.assert_allclose(
        found.numpy()[inner, inner], expected[inner, inner], atol=1e-4
    )


@pytest.mark.parametrize('size', [(1, 1), (5, 300), (33, 47)])
def test_any_size(size):
    found = LocalContrast()(torch.randn(2, 3, *size))
    assert found.shape == (2, 4, *size)
    assert found.isfinite().all()


def test_without_reaches_it_is_grey():
    image = torch.randn(2, 3, 9, 9)
    found = LocalContrast(reaches=())(image)
    torch.testing.assert_close(found, image.mean(1, keepdim=True))


@pytest.mark.parametrize(
    ('options', 'match'),
    [
        (dict(reaches=(3, 8)), 'odd'),
        (dict(window=0), 'odd'),
        (dict(floor=0.0), 'floor'),
    ],
)
def test_sides_are_odd_and_the_floor_positive(options, match):
    with pytest.raises(ValueError, match=match):
        LocalContrast(**options)
