"""Radiometric JPEG: records made here, and real files of many cameras."""

import json
import math
import struct

import cv2
import numpy as np
import pytest

from infmae_mm.thermal import (
    InfraredFile,
    LoadRandomResizedCrop,
    LoadThermalImage,
    UnreadableImageError,
    read_image,
)
from infmae_mm.thermal.radiometric import _FIELDS
from infmae_mm.thermal.temperature import Camera

FRAME = (np.add.outer(np.arange(24) * 9, np.arange(32)) + 14000).astype('u2')
CAMERA = dict(
    emissivity=0.95,
    distance=2.0,
    reflected=293.15,
    atmosphere=288.15,
    window=293.15,
    window_transmission=0.9,
    humidity=0.5,
    planck_r1=16000.0,
    planck_b=1430.0,
    planck_f=1.0,
    alpha1=0.006569,
    alpha2=0.01262,
    beta1=-0.002276,
    beta2=-0.00667,
    x=1.9,
    planck_r2=0.0125,
)
OFFSET = -7300


def raw_block(pixels: bytes, size: tuple[int, int] = (32, 24)) -> bytes:
    return struct.pack('<HHH', 2, *size).ljust(32, b'\0') + pixels


def camera_block(**changes: float) -> bytes:
    block = bytearray(0x400)
    struct.pack_into('<H', block, 0, 2)
    for name, value in {**CAMERA, **changes}.items():
        struct.pack_into('<f', block, _FIELDS[name], value)
    struct.pack_into('<i', block, 0x308, OFFSET)
    return bytes(block)


def record(*blocks: tuple[int, bytes]) -> bytes:
    start = 64 + 32 * len(blocks)
    head = b'FFF\0'.ljust(0x14, b'\0') + struct.pack('>III', 100, 64, 0)
    head = bytearray(head.ljust(64, b'\0'))
    struct.pack_into('>I', head, 0x1C, len(blocks))
    directory, body = b'', b''
    for kind, block in blocks:
        at = start + len(body)
        entry = struct.pack('>HHIIII', kind, 1, 0, 0, at, len(block))
        directory += entry.ljust(32, b'\0')
        body += block
    return bytes(head) + directory + body


def jpeg(picture: np.ndarray, content: bytes, size: int = 1000) -> bytes:
    encoded = cv2.imencode('.jpg', picture)[1].tobytes()
    pieces = [content[i : i + size] for i in range(0, len(content), size)]
    segments = b''
    for i, piece in enumerate(pieces):
        piece = b'FLIR\0\1' + bytes([i, len(pieces) - 1]) + piece
        segments += b'\xff\xe1' + struct.pack('>H', len(piece) + 2) + piece
    return encoded[:2] + segments + encoded[2:]


def made(folder, *blocks, **options) -> str:
    path = folder / 'flir.jpg'
    path.write_bytes(jpeg(np.zeros((48, 64), np.uint8), record(*blocks)))
    return str(path)


@pytest.fixture
def file(tmp_path):
    return made(
        tmp_path, (1, raw_block(FRAME.tobytes())), (32, camera_block())
    )


def test_counts(file):
    np.testing.assert_array_equal(
        read_image(file, radiometric='counts'), FRAME
    )
    # the picture, as long as nothing else is asked for
    assert read_image(file).shape == (48, 64)
    opened = InfraredFile(file, radiometric='counts')
    assert opened.size == FRAME.shape
    assert not opened.is_jpeg


@pytest.mark.parametrize('swapped', [False, True])
def test_frame_as_png(tmp_path, swapped):
    pixels = FRAME.byteswap() if swapped else FRAME
    block = raw_block(cv2.imencode('.png', pixels)[1].tobytes(), (7, 9))
    path = made(tmp_path, (1, block))
    np.testing.assert_array_equal(
        read_image(path, radiometric='counts'), FRAME
    )


def counts_of(celsius: np.ndarray, **changes: float) -> np.ndarray:
    """What such a camera counts: radiation layer by layer, written anew."""
    c = {**CAMERA, **changes}

    def planck(kelvin):
        wave = np.exp(c['planck_b'] / kelvin) - c['planck_f']
        return c['planck_r1'] / c['planck_r2'] / wave - OFFSET

    air = c['atmosphere'] - 273.15
    water = c['humidity'] * math.exp(
        1.5587 + 0.06939 * air - 0.00027816 * air**2 + 6.8455e-7 * air**3
    )
    way, wet = math.sqrt(c['distance'] / 2), math.sqrt(water)
    tau = c['x'] * math.exp(-way * (c['alpha1'] + c['beta1'] * wet))
    tau += (1 - c['x']) * math.exp(-way * (c['alpha2'] + c['beta2'] * wet))
    e, glass = c['emissivity'], c['window_transmission']
    seen = e * planck(celsius + 273.15) + (1 - e) * planck(c['reflected'])
    seen = tau * seen + (1 - tau) * planck(c['atmosphere'])
    seen = glass * seen + (1 - glass) * planck(c['window'])
    return tau * seen + (1 - tau) * planck(c['atmosphere'])


def test_temperatures(tmp_path):
    celsius = np.linspace(-30, 150, FRAME.size).reshape(FRAME.shape)
    counts = np.rint(counts_of(celsius)).astype('<u2')
    blocks = (1, raw_block(counts.tobytes())), (32, camera_block())
    image = read_image(made(tmp_path, *blocks), radiometric='temperature')
    assert image.dtype == np.float32
    np.testing.assert_allclose(image, celsius, atol=0.05)
    # what is given replaces what the file says
    counts = np.rint(counts_of(celsius, emissivity=0.8, reflected=303.15))
    block = raw_block(counts.astype('<u2').tobytes())
    path = made(tmp_path, (1, block), (32, camera_block()))
    given = dict(kind='temperature', emissivity=0.8, reflected=30)
    image = read_image(path, radiometric=given)
    np.testing.assert_allclose(image, celsius, atol=0.05)


def test_pipelines_say_the_unit(file):
    loaded = LoadThermalImage(channels=1, radiometric='temperature')(
        dict(img_path=file)
    )
    assert loaded['img'].shape == (24, 32, 1)
    assert loaded['mapping']['unit'] == 'degrees Celsius'
    celsius = read_image(file, radiometric='temperature')
    assert celsius.min() <= loaded['mapping']['low'] < celsius.max()
    crop = LoadRandomResizedCrop(16, radiometric='counts')(dict(img_path=file))
    assert crop['ori_shape'] == FRAME.shape
    assert crop['mapping']['unit'] == 'counts'


@pytest.mark.parametrize(
    ('blocks', 'kind', 'message'),
    [
        (((32, camera_block()),), 'counts', 'no frame'),
        (((1, raw_block(FRAME.tobytes()[:-2])),), 'counts', '32x24'),
        (((1, raw_block(FRAME.tobytes(), (33, 24))),), 'counts', '33x24'),
        (((1, raw_block(b'\x89PNG\r\n\x1a\n' + bytes(40))),), 'counts', '0x0'),
        (((1, raw_block(FRAME.tobytes())),), 'temperature', 'no constants'),
        *(
            (
                ((1, raw_block(FRAME.tobytes())), (32, camera_block(**wrong))),
                'temperature',
                next(iter(wrong)),
            )
            for wrong in (
                dict(emissivity=0.0),
                dict(planck_r1=0.0),
                dict(planck_b=math.nan),
                dict(humidity=-1.0),
                dict(distance=math.inf),
                dict(reflected=0.0),
            )
        ),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, blocks, kind, message):
    path = made(tmp_path, *blocks)
    with pytest.raises(UnreadableImageError, match='flir') as error:
        read_image(path, radiometric=kind)
    assert message in error.value.reason
    assert read_image(path).shape == (48, 64)  # its picture is whole


def test_missing_piece_and_files_of_other_kinds(tmp_path, picture, file):
    data = (tmp_path / 'flir.jpg').read_bytes()
    at = data.rindex(b'\xff\xe1')
    length = struct.unpack_from('>H', data, at + 2)[0] + 2
    (tmp_path / 'a.jpg').write_bytes(data[:at] + data[at + length :])
    cv2.imwrite(str(tmp_path / 'b.jpg'), picture)
    cv2.imwrite(str(tmp_path / 'c.png'), picture)
    for name, message in (
        ('a.jpg', 'incomplete'),
        ('b.jpg', 'no radiometric'),
        ('c.png', 'no radiometric'),
    ):
        with pytest.raises(UnreadableImageError, match=message):
            read_image(str(tmp_path / name), radiometric='counts')


def test_damage_is_named(tmp_path, file):
    data = (tmp_path / 'flir.jpg').read_bytes()
    rng = np.random.default_rng(12)
    path = tmp_path / 'damaged.jpg'
    for _ in range(150):
        damaged = bytearray(data)
        for at in rng.integers(2, 3000, rng.integers(1, 6)):
            damaged[at] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            read_image(str(path), radiometric='temperature')
        except UnreadableImageError as error:
            assert error.path == str(path)


@pytest.mark.parametrize(
    'radiometric',
    [
        'kelvin',
        dict(emissivity=0.9),
        dict(kind='counts', emissivity=0.9),
        dict(kind='temperature', emissivity=1.2),
        dict(kind='temperature', emissivity='high'),
        dict(kind='temperature', reflected=-300),
    ],
)
def test_wrong_options(radiometric):
    with pytest.raises(ValueError, match='radiometric'):
        LoadThermalImage(radiometric=radiometric)


def test_black_body_without_air():
    values = {k: v for k, v in CAMERA.items()}
    values.update(emissivity=1.0, distance=0.0, window_transmission=1.0)
    for name in ('reflected', 'atmosphere', 'window'):
        values[name] -= 273.15
    camera = Camera(**values, planck_o=OFFSET)
    assert camera.transmission() == 1
    counts = np.array([camera.counts(t) for t in (-10.0, 20.0, 100.0)])
    np.testing.assert_allclose(
        camera.celsius(counts), [-10, 20, 100], atol=1e-3
    )


def test_real_files(real_data):
    folder = real_data / 'radiometric'
    expected = json.loads((folder / 'celsius.json').read_text())
    assert len(expected) == 19
    for name, values in expected.items():
        image = read_image(str(folder / name), radiometric='temperature')
        assert list(image.shape) == values['shape']
        assert image.min() == pytest.approx(values['min'], abs=0.01)
        assert image.max() == pytest.approx(values['max'], abs=0.01)
        assert image.mean() == pytest.approx(values['mean'], abs=0.01)
