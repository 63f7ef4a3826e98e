"""Masks as labelling tools write them."""

import numpy as np
import pytest
from PIL import Image

from infmae_mm.annotations.error import AnnotationError
from infmae_mm.annotations.masks import read_mask

SHAPE = np.zeros((40, 50), bool)
SHAPE[10:13, 20:24] = True
COLOURS = [(255, 0, 0), (0, 0, 255), (0, 128, 0), (128, 0, 0), (220, 20, 60)]


def coloured(rgb, mode):
    pixels = np.zeros((*SHAPE.shape, 3), np.uint8)
    pixels[SHAPE] = rgb
    return Image.fromarray(pixels).convert(mode)


def with_palette(rgb, transparent=None):
    image = Image.fromarray(SHAPE.astype(np.uint8), 'P')
    image.putpalette([0, 0, 0, *rgb] + [0] * 762)
    if transparent is not None:
        image.info['transparency'] = transparent
    return image


def rgba(rgb, alpha):
    pixels = np.zeros((*SHAPE.shape, 4), np.uint8)
    pixels[..., :3], pixels[..., 3] = rgb, alpha
    return Image.fromarray(pixels)


@pytest.mark.parametrize('ending', ['png', 'bmp', 'tif'])
@pytest.mark.parametrize('rgb', COLOURS)
def test_colours_are_targets(tmp_path, rgb, ending):
    images = [coloured(rgb, 'RGB'), with_palette(rgb)]
    if ending == 'png':
        images += [coloured(rgb, 'RGBA'), with_palette(rgb, transparent=0)]
    for i, image in enumerate(images):
        path = tmp_path / f'{i}.{ending}'
        image.save(path)
        np.testing.assert_array_equal(read_mask(str(path)), SHAPE)


def test_what_is_transparent_is_black(tmp_path):
    path = tmp_path / 'a.png'
    rgba((255, 255, 255), SHAPE * 255).save(path)
    np.testing.assert_array_equal(read_mask(str(path)), SHAPE)
    grey = Image.fromarray(np.full(SHAPE.shape, 255, np.uint8))
    grey.putalpha(Image.fromarray(SHAPE.astype(np.uint8) * 255))
    grey.save(path)
    np.testing.assert_array_equal(read_mask(str(path)), SHAPE)


@pytest.mark.parametrize(
    ('image', 'expected'),
    [
        (Image.fromarray(SHAPE.astype(np.uint8) * 127), 'value .* is 127'),
        (Image.fromarray(SHAPE.astype(np.uint8) * 100), 'value .* is 100'),
        (Image.fromarray(SHAPE.astype(np.uint8) * 2), 'value .* is 2'),
        (coloured((0, 100, 0), 'RGB'), 'value .* is 100'),
        (with_palette((100, 0, 0)), 'value .* is 100'),
        (rgba((0, 0, 0), SHAPE * 255), 'transparency'),
        (Image.fromarray(~SHAPE), 'Invert'),
        (Image.fromarray(SHAPE.astype(np.uint16) * 255), '8 bits'),
    ],
)
def test_never_an_empty_truth(tmp_path, image, expected):
    path = tmp_path / 'wrong.png'
    image.save(path)
    with pytest.raises(ValueError, match=f'wrong.png.*{expected}'):
        read_mask(str(path))


@pytest.mark.parametrize('mode', ['1', 'L', 'P', 'RGB', 'RGBA', 'LA'])
def test_black_masks_are_empty(tmp_path, mode):
    path = tmp_path / 'black.png'
    Image.new('L', (50, 40)).convert(mode).save(path)
    assert not read_mask(str(path)).any()


def test_turned_masks(tmp_path):
    """As images are turned."""
    exif = Image.Exif()
    exif[0x0112] = 6
    for i, image in enumerate(
        [coloured((255, 0, 0), 'RGB'), coloured((255, 255, 255), 'L')]
    ):
        path = tmp_path / f'{i}.png'
        image.save(path, exif=exif)
        np.testing.assert_array_equal(
            read_mask(str(path)), np.rot90(SHAPE, -1)
        )


def mask_of(*levels: int) -> np.ndarray:
    mask = np.zeros((40, 50), np.uint8)
    for i, level in enumerate(levels):
        mask[10:13, 8 * i + 2 : 8 * i + 5] = level
    return mask


def test_no_label_is_lost(tmp_path):
    path = tmp_path / 'mask.png'
    Image.fromarray(mask_of(100, 255)).save(path)
    with pytest.raises(AnnotationError, match='9 pixels .* value 100'):
        read_mask(str(path))
    colours = np.dstack([mask_of(255, 0), mask_of(0, 0), mask_of(0, 90)])
    Image.fromarray(colours).save(path)
    with pytest.raises(AnnotationError, match='value 90'):
        read_mask(str(path))


def test_edges_and_specks_are_no_labels(tmp_path):
    path = tmp_path / 'mask.png'
    mask = mask_of(255)
    mask[9, 2:5] = mask[13, 2:5] = 90  # of a mask that was resized
    mask[30, 30], mask[35:38, 40:43] = 60, 3
    Image.fromarray(mask).save(path)
    assert read_mask(str(path)).sum() == 9
