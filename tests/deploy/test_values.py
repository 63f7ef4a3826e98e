"""Values and temperatures of files, radiometric ones too."""

import json
import os

import numpy as np
import pytest
from toy_inputs import ROOT

from infmae_mm.deploy.values import (
    Reading,
    chosen_radiometric,
    measure,
    read_values,
)


@pytest.fixture
def camera_files():
    """Real radiometric JPEG, and their temperatures."""
    shared = ROOT.parent / 'shared' / 'data'
    folder = os.path.join(os.environ.get('INFMAE_DATA', shared), 'radiometric')
    if not os.path.isdir(folder):
        pytest.skip('no real images: INFMAE_DATA names no folder of them')
    with open(os.path.join(folder, 'celsius.json')) as file:
        return folder, json.load(file)


def test_temperatures_of_camera_files(camera_files):
    folder, expected = camera_files
    seen = 0
    for name, about in expected.items():
        reading = read_values(os.path.join(folder, name), radiometric='counts')
        assert reading.values.dtype == np.uint16
        if reading.celsius is None:
            continue
        seen += 1
        assert reading.celsius.shape == reading.values.shape
        for key in ('min', 'mean', 'max'):
            found = getattr(np, f'nan{key}')(reading.celsius)
            assert found == pytest.approx(about[key], abs=0.1)
    assert seen >= 15


def test_a_picture_has_the_temperatures_of_its_frame(camera_files):
    folder, expected = camera_files
    for name in expected:
        reading = read_values(os.path.join(folder, name))
        assert reading.values.dtype == np.uint8
        if reading.celsius is not None:
            assert reading.celsius.shape == reading.values.shape


def test_other_files_have_no_temperature(images):
    assert read_values(str(images / 'b.TIFF')).celsius is None
    assert read_values(str(images / 'x' / 'a.jpg')).celsius is None


@pytest.mark.parametrize(
    'value, text',
    [(7000, '7000'), (301.2348, '301.235'), (0.25, '0.25'), (0, '0')]
    + [(0.000123456, '0.000123'), (-0.0456, '-0.0456'), (-1.5, '-1.5')],
)
def test_small_values_keep_their_digits(value, text):
    reading = Reading(np.full((2, 2), value, np.float64))
    cells = measure(reading, np.ones((2, 2), bool))
    assert cells == [text] * 3 + [''] * 3


def test_an_emissivity_of_the_config_holds():
    given = dict(kind='temperature', emissivity=0.8)
    assert chosen_radiometric('temperature', given) == given
    assert chosen_radiometric('counts', given) == 'counts'
    assert chosen_radiometric(None, given) == given
    assert chosen_radiometric('counts', None) == 'counts'
    assert chosen_radiometric(None, None) is None
