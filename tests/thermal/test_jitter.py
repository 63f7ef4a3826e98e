import numpy as np
import pytest

from infmae_mm.thermal import ThermalJitter

GREY = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)


def jitter(image, seed=0, **options):
    np.random.seed(seed)
    return ThermalJitter(**options)(dict(img=image))['img']


@pytest.mark.parametrize('dtype', [np.uint8, np.float32])
@pytest.mark.parametrize('shape', [(16, 16), (16, 16, 1), (16, 16, 3)])
def test_keeps_shape_and_type(shape, dtype):
    image = np.broadcast_to(GREY.reshape(16, 16, 1)[..., :1], (16, 16, 3))
    image = image[..., : shape[2]] if len(shape) == 3 else image[..., 0]
    result = jitter(image.astype(dtype), prob=1)
    assert result.shape == shape
    assert result.dtype == dtype
    assert (result != image).any()


def test_channels_stay_alike():
    result = jitter(np.repeat(GREY, 3, axis=2), prob=1)
    assert (result == result[..., :1]).all()
    assert (result[..., :1] == jitter(GREY, prob=1)).all()


def test_stays_within_range_and_in_order():
    for seed in range(20):
        result = jitter(GREY, seed, brightness=100, contrast=(0.2, 3), prob=1)
        assert (np.diff(result.ravel().astype(int)) >= 0).all()


def test_brightness_alone_adds():
    changed = set()
    for seed in range(50):
        result = jitter(
            GREY.astype(np.float32), seed, brightness=10, contrast=(1, 1)
        )
        middle = (result - GREY)[4:12]  # far from 0 and 255
        assert np.ptp(middle) < 1e-3
        assert abs(middle).max() <= 10
        changed.add(bool(abs(middle).max()))
    assert changed == {True, False}


def test_contrast_alone_multiplies():
    image = GREY.astype(np.float32)
    result = jitter(image, brightness=0, contrast=(0.5, 0.5), prob=1)
    np.testing.assert_allclose(result, image / 2)


def test_no_probability_no_change():
    assert jitter(GREY, prob=0) is GREY


@pytest.mark.parametrize(
    'options',
    [
        dict(brightness=-1),
        dict(brightness=256),
        dict(contrast=(0, 1)),
        dict(contrast=(2, 1)),
        dict(prob=1.5),
    ],
)
def test_options_are_checked(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        ThermalJitter(**options)


def test_other_types_are_refused():
    with pytest.raises(TypeError, match='uint16'):
        jitter(GREY.astype(np.uint16))
