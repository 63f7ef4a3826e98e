import io

import cv2
import numpy as np
import pytest
import tifffile
from mmcv.transforms import LoadImageFromFile
from mmengine.registry import TRANSFORMS
from PIL import Image

from infmae_mm.thermal import LoadThermalImage, UnreadableImageError


def load(path, **options):
    return LoadThermalImage(**options)(dict(img_path=str(path)))


@pytest.mark.parametrize('channels', [1, 3])
@pytest.mark.parametrize('to_float32', [False, True])
def test_8_bits(tmp_path, picture, channels, to_float32):
    path = tmp_path / 'image.png'
    cv2.imwrite(str(path), picture)
    results = load(path, channels=channels, to_float32=to_float32)
    image = results['img']
    assert image.shape == (96, 128, channels)
    assert image.dtype == (np.float32 if to_float32 else np.uint8)
    assert image.flags.c_contiguous
    assert results['img_shape'] == results['ori_shape'] == (96, 128)
    assert results['mapping'] == dict(rule='identity', low=0.0, high=255.0)
    np.testing.assert_array_equal(image, np.dstack([picture] * channels))
    theirs = LoadImageFromFile(to_float32)(dict(img_path=str(path)))['img']
    np.testing.assert_array_equal(image, theirs[..., :channels])


@pytest.mark.parametrize('mode', ['L', 'RGB', 'RGBA', 'P', 'LA'])
@pytest.mark.parametrize('suffix', ['png', 'tif'])
def test_modes_are_the_grey_they_show(tmp_path, picture, mode, suffix):
    path = tmp_path / f'image.{suffix}'
    Image.fromarray(picture).convert(mode).save(path)
    image = load(path)['img']
    assert image.shape == (96, 128, 3)
    assert np.abs(image.astype(int) - picture[..., None]).max() <= 1


@pytest.mark.parametrize('suffix', ['png', 'tif'])
def test_16_bits_in_a_narrow_range(tmp_path, picture, suffix):
    path = tmp_path / f'raw.{suffix}'
    cv2.imwrite(str(path), picture.astype(np.uint16) * 4 + 7000)
    results = load(path, mapping='minmax')
    low, high = int(picture.min()), int(picture.max())
    assert results['mapping'] == dict(
        rule='minmax', low=low * 4 + 7000.0, high=high * 4 + 7000.0
    )
    expected = (picture.astype(float) - low) * 255 / (high - low)
    assert np.abs(results['img'] - expected[..., None]).max() < 0.51
    # the black picture that it replaces
    theirs = LoadImageFromFile()(dict(img_path=str(path)))['img']
    assert theirs.max() < 50


def test_float32_is_finer_than_8_bits(tmp_path, picture):
    path = tmp_path / 'raw.png'
    noise = np.random.default_rng(0).integers(0, 40000, (64, 64))
    cv2.imwrite(str(path), noise.astype(np.uint16))
    exact = load(path, to_float32=True)['img']
    assert len(np.unique(exact)) > 3000
    assert np.abs(exact - load(path)['img']).max() < 0.51


def test_kelvin_with_holes(tmp_path, picture):
    kelvin = picture.astype(np.float32) / 10 + 280
    kelvin[2, 3], kelvin[4, 5] = np.nan, np.inf
    tifffile.imwrite(tmp_path / 'kelvin.tif', kelvin)
    results = load(
        tmp_path / 'kelvin.tif', mapping=dict(rule='range', low=280, high=306)
    )
    assert not results['img'][2, 3].any() and not results['img'][4, 5].any()
    assert results['mapping'] == dict(rule='range', low=280.0, high=306.0)
    tifffile.imwrite(tmp_path / 'nan.tif', np.full_like(kelvin, np.nan))
    with pytest.raises(UnreadableImageError, match=r'nan\.tif.*finite'):
        load(tmp_path / 'nan.tif')


def test_orientation_is_that_of_mmcv(tmp_path, picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture).save(tmp_path / 'turned.jpg', exif=exif)
    results = load(tmp_path / 'turned.jpg')
    theirs = LoadImageFromFile()(dict(img_path=str(tmp_path / 'turned.jpg')))
    assert results['ori_shape'] == theirs['ori_shape'] == (128, 96)
    np.testing.assert_array_equal(results['img'], theirs['img'])


@pytest.mark.parametrize('path', [{}, dict(img_path=None)])
def test_arrays_in_memory(tmp_path, picture, path):
    raw = picture.astype(np.uint16) * 4 + 7000
    cv2.imwrite(str(tmp_path / 'raw.png'), raw)
    expected = load(tmp_path / 'raw.png')
    for array in (raw, raw[..., None], np.dstack([raw] * 3)):
        results = LoadThermalImage()(dict(img=array, **path))
        np.testing.assert_array_equal(results['img'], expected['img'])
        for key in ('img_shape', 'ori_shape', 'mapping'):
            assert results[key] == expected[key]
    bgra = np.full((5, 5, 4), (10, 50, 200, 7), np.uint8)
    assert (LoadThermalImage()(dict(img=bgra))['img'] == 90).all()


@pytest.mark.parametrize(
    'array',
    [
        np.zeros(9),
        np.zeros((9, 9, 2), np.uint8),
        np.zeros((9, 9), bool),
        np.zeros((9, 9, 3), np.int64),
        np.zeros((2, 9, 9, 3), np.uint8),
    ],
)
def test_arrays_that_are_no_image(array):
    with pytest.raises(ValueError, match='is no image'):
        LoadThermalImage()(dict(img=array))


def test_backend(tmp_path, picture):
    cv2.imwrite(str(tmp_path / 'image.png'), picture)
    image = load(
        tmp_path / 'image.png', backend_args=dict(backend='local'), channels=1
    )['img']
    np.testing.assert_array_equal(image[..., 0], picture)


def test_wrong_options():
    for options, message in (
        (dict(channels=2), 'channels'),
        (dict(mapping='auto'), "'auto' is none of the rules"),
    ):
        with pytest.raises(ValueError, match=message):
            TRANSFORMS.build(dict(type='LoadThermalImage', **options))


def test_truncated(tmp_path, picture):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, 'PNG')
    (tmp_path / 'cut.png').write_bytes(file.getvalue()[:-40])
    with pytest.raises(UnreadableImageError, match=r'cut\.png'):
        load(tmp_path / 'cut.png')


def test_real_files(real_data):
    paths = sorted((real_data / 'raw16').glob('*.*'))
    assert len(paths) > 9
    for path in paths:
        for mapping in (
            *('percentile', 'minmax', 'clahe'),
            dict(rule='range', low=5000, high=25000),
        ):
            results = load(path, channels=1, mapping=mapping)
            low, high = (results['mapping'][key] for key in ('low', 'high'))
            assert 4000 < low < high < 26000
            assert results['img'].std() > (
                2 if results['mapping']['rule'] == 'range' else 15
            )
