"""Pseudo-colour: which palette, and back to what the camera had."""

import cv2
import matplotlib
import numpy as np
import pytest
from scipy.stats import spearmanr

from infmae_mm.thermal import (
    LoadThermalImage,
    UnreadableImageError,
    read_image,
)
from infmae_mm.thermal.palette_curves import CURVES, OPENCV_NAMES
from infmae_mm.thermal.palettes import (
    GREY,
    NONE,
    find_palette,
    palette_names,
    palette_to_grey,
)

# Matplotlib's names of what is in the tables
MATPLOTLIB = sorted(
    name
    for name in matplotlib.colormaps
    if name.lower() in {name for name, _ in CURVES}
)


@pytest.fixture
def frame(picture):
    """A smooth picture of all grey levels."""
    ramp = np.linspace(0, 255, picture.shape[1])[None]
    smooth = cv2.GaussianBlur(picture, (0, 0), 4) / 4 + ramp * 0.75
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX).astype('u1')


def draw_over(image: np.ndarray) -> np.ndarray:
    """What cameras draw: a text, a cross, a scale."""
    image = image.copy()
    cv2.putText(image, '36.5', (3, 15), 0, 0.4, (255, 255, 255), 1)
    cv2.drawMarker(image, (64, 48), (0, 255, 0), 0, 15)
    image[20:80, -8:-4] = np.linspace(255, 0, 60)[:, None, None]
    return image


def colour(frame: np.ndarray, name: str) -> np.ndarray:
    if name in OPENCV_NAMES:
        return cv2.applyColorMap(frame, OPENCV_NAMES.index(name))
    rgba = matplotlib.colormaps[name](frame)
    return np.rint(rgba[..., 2::-1] * 255).astype(np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize(
    'name',
    sorted({*OPENCV_NAMES, *MATPLOTLIB} - {'twilight', 'twilight_shifted'}),
)
def test_back_from_a_palette(frame, name):
    coloured = colour(frame, name)
    grey, found = palette_to_grey(coloured, 'auto')
    # bwr is a part of seismic
    assert found in (name.lower(), 'hsv', 'gist_rainbow', 'seismic')
    if name not in ('hsv', 'gist_rainbow'):  # rings: both ends are one red
        assert spearmanr(frame.ravel(), grey.ravel())[0] > 0.995
    named, _ = palette_to_grey(coloured, name.lower())
    assert named.shape == frame.shape


def as_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """With one value of chroma for four pixels, as cameras write it."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x221111]
    return cv2.imdecode(cv2.imencode('.jpg', image, options)[1], 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ('name', 'quality', 'least'),
    [
        ('jet', 50, 0.96),
        ('jet', 90, 0.98),
        ('cool', 90, 0.98),
        ('winter', 90, 0.98),
        ('Greens', 90, 0.98),
        ('nipy_spectral', 90, 0.96),
        ('inferno', 50, 0.98),
    ],
)
def test_real_frames_through_jpeg(real_data, name, quality, least):
    for path in (
        real_data / 'electrical' / 'raw16' / 'L_Line (137).png',
        min((real_data / 'raw16').glob('*.png')),
        min((real_data / 'hit_uav' / 'JPEGImages').iterdir()),
    ):
        loaded = LoadThermalImage(channels=1)(dict(img_path=str(path)))
        frame = loaded['img'][:288, :384, 0]
        grey, found = palette_to_grey(
            as_jpeg(colour(frame, name), quality), 'auto'
        )
        assert found == name.lower()
        assert spearmanr(frame.ravel(), grey.ravel())[0] > least


def test_a_hot_pixel_stays(frame):
    frame = frame // 2
    frame[40, 60], frame[60, 30] = 220, 150
    for name in ('inferno', 'jet', 'gnuplot'):
        grey, _ = palette_to_grey(colour(frame, name), name)
        assert abs(int(grey[40, 60]) - 220) <= 2
        assert abs(int(grey[60, 30]) - 150) <= 2


def test_of_curves_that_share_a_part_the_shorter_is_meant(frame):
    for name in ('autumn', 'bwr'):
        _, found = palette_to_grey(as_jpeg(colour(frame, name), 75))
        assert found == name


@pytest.mark.parametrize('name', ['jet', 'inferno', 'hot', 'gnuplot2'])
def test_jpeg_and_what_is_drawn_over(frame, name):
    coloured = draw_over(colour(frame, name))
    jpeg = cv2.imdecode(cv2.imencode('.jpg', coloured)[1], cv2.IMREAD_COLOR)
    grey, found = palette_to_grey(jpeg)
    assert found == name
    clean = (coloured == colour(frame, name)).all(axis=2)
    clean = cv2.erode(clean.astype('u1'), np.ones((9, 9))) > 0
    assert clean.mean() > 0.4
    assert spearmanr(frame[clean], grey[clean])[0] > 0.98


def test_grey_and_colours_of_no_palette(frame):
    grey = cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)
    assert find_palette(grey) == GREY
    noise = np.random.default_rng(0).normal(0, 3, grey.shape)
    assert find_palette(np.clip(grey + noise, 0, 255).astype('u1')) == GREY
    shuffled = np.dstack([frame, frame[::-1], frame[:, ::-1]])
    luma, name = palette_to_grey(shuffled)
    assert name == NONE
    expected = cv2.cvtColor(shuffled, cv2.COLOR_BGR2GRAY)
    np.testing.assert_array_equal(luma, expected)
    with pytest.raises(ValueError, match='iron'):
        palette_to_grey(shuffled, 'iron')


def test_in_pipelines(frame, tmp_path):
    path = str(tmp_path / 'a.png')
    cv2.imwrite(path, colour(frame, 'jet'))
    for palette in ('auto', 'jet'):
        load = LoadThermalImage(channels=1, palette=palette)
        loaded = load(dict(img_path=path))
        assert loaded['mapping']['palette'] == 'jet'
        in_memory = load(dict(img=colour(frame, 'jet')))
        np.testing.assert_array_equal(loaded['img'], in_memory['img'])
    luma = LoadThermalImage(channels=1)(dict(img_path=path))
    assert 'palette' not in luma['mapping']
    assert spearmanr(frame.ravel(), luma['img'].ravel())[0] < 0.5
    with pytest.raises(UnreadableImageError, match='viridis'):
        read_image(path, palette='viridis')
    # raw counts have no colours, whatever palette is named
    cv2.imwrite(path, frame.astype(np.uint16) * 99)
    raw = read_image(path, palette='jet')
    np.testing.assert_array_equal(raw, frame.astype(np.uint16) * 99)
    with pytest.raises(ValueError, match='iron'):
        LoadThermalImage(palette='Iron')


@pytest.mark.slow
def test_real_pictures(real_data):
    folder = real_data / 'electrical'
    for path in sorted((folder / 'images').iterdir())[::20]:
        assert find_palette(cv2.imread(str(path))) == 'iron'
    names = {'iron', 'rainbow', 'rainbow_hc'}
    assert names <= set(palette_names())
    for path in sorted((real_data / 'radiometric').glob('*.jpg')):
        assert find_palette(cv2.imread(str(path))) in names
    for kind in ('vi', 'ir'):
        for path in sorted((real_data / 'roadscene' / kind).iterdir())[::20]:
            assert find_palette(cv2.imread(str(path))) in (GREY, NONE)


@pytest.mark.slow
def test_real_pictures_against_their_counts(real_data):
    folder = real_data / 'electrical'
    for path in sorted((folder / 'raw16').iterdir()):
        counts = read_image(str(path))
        picture = str(folder / 'images' / path.with_suffix('.jpg').name)
        grey = read_image(picture, palette='auto')
        # what lies outside its range the camera made black or white
        colours = cv2.imread(picture)
        counts = counts.astype(int)
        counts[colours.max(axis=2) <= 6] = counts.min()
        counts[cv2.cvtColor(colours, cv2.COLOR_BGR2GRAY) >= 250] = counts.max()
        assert spearmanr(counts.ravel(), grey.ravel())[0] > 0.98
