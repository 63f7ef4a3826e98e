import io
import pickle

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from infmae_mm.thermal import (
    InfraredFile,
    UnreadableImageError,
    read_image,
    to_uint8,
)


def tiff(array: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, array, **options)
    return file.getvalue()


def encode(image: np.ndarray, suffix: str, *options: int) -> bytes:
    return cv2.imencode(suffix, image, options)[1].tobytes()


@pytest.mark.parametrize('suffix', ['.png', '.bmp', '.tif', '.jpg'])
@pytest.mark.parametrize('channels', [1, 3])
def test_grey_stored_as_grey_or_colour_is_the_same(
    tmp_path, picture, suffix, channels
):
    path = tmp_path / f'image{suffix}'
    colour = np.repeat(picture[..., None], channels, axis=2)
    path.write_bytes(encode(colour, suffix))
    image = read_image(path)
    assert image.dtype == np.uint8
    assert image.shape == picture.shape
    difference = np.abs(image.astype(int) - picture)
    assert difference.max() <= (5 if suffix == '.jpg' else 0)


@pytest.mark.parametrize('mode', ['L', 'RGB', 'RGBA', 'P', 'LA', '1'])
def test_png_modes(tmp_path, picture, mode):
    path = tmp_path / 'image.png'
    source = Image.fromarray(picture).convert(mode)
    source.save(path)
    expected = np.asarray(source.convert('L'), int)
    assert np.abs(read_image(path) - expected).max() <= 1


def test_colours_become_luma(tmp_path):
    path = tmp_path / 'image.png'
    red, green, blue = (np.full((8, 8), v, np.uint8) for v in (200, 50, 10))
    Image.merge('RGB', [Image.fromarray(c) for c in (red, green, blue)]).save(
        path
    )
    assert (read_image(path) == 90).all()  # .299 R + .587 G + .114 B


@pytest.mark.parametrize(
    'encoded',
    [
        lambda raw: encode(raw, '.png'),
        lambda raw: encode(raw, '.tif'),
        tiff,
        lambda raw: tiff(raw, compression='zlib'),
        lambda raw: tiff(raw, tile=(32, 32), bigtiff=True),
        lambda raw: tiff(raw, byteorder='>'),
    ],
    ids=['png', 'lzw', 'plain', 'deflate', 'tiles', 'big endian'],
)
def test_16_bit_is_kept(tmp_path, picture, encoded):
    raw = picture.astype(np.uint16) * 7 + 20000
    path = tmp_path / 'raw.any'
    path.write_bytes(encoded(raw))
    image = read_image(path)
    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image, raw)


def test_tiff_of_temperatures(tmp_path, picture):
    path = tmp_path / 'celsius.tif'
    path.write_bytes(tiff(picture.astype(np.float32) / 10 - 5))
    assert read_image(path).dtype == np.float32
    np.testing.assert_allclose(
        to_uint8(read_image(path), (0, 100)),
        to_uint8(picture.astype(np.uint16), (0, 100)),
        atol=1,
    )


@pytest.mark.parametrize(
    ('array', 'options', 'message'),
    [
        (
            np.zeros((3, 32, 32), np.uint8),
            dict(photometric='minisblack'),
            '3 pages',
        ),
        (np.zeros((32, 32), bool), {}, 'bool'),
        (np.full((32, 32), np.nan, np.float32), {}, 'not finite'),
        (
            np.zeros((32, 32), np.uint8),
            dict(colormap=np.zeros((3, 256), np.uint16)),
            'colour map',
        ),
        (
            np.zeros((2, 32, 32), np.uint8),
            dict(photometric='minisblack', planarconfig='separate'),
            'shape (2, 32, 32)',
        ),
    ],
)
def test_tiff_that_is_no_picture(tmp_path, array, options, message):
    path = tmp_path / 'odd.tif'
    path.write_bytes(tiff(array, **options))
    with pytest.raises(UnreadableImageError) as error:
        read_image(path)
    assert message in error.value.reason


ENCODINGS = {
    'png': lambda p: encode(p, '.png'),
    'jpeg': lambda p: encode(p, '.jpg'),
    'progressive': lambda p: encode(
        p, '.jpg', cv2.IMWRITE_JPEG_PROGRESSIVE, 1
    ),
    'bmp': lambda p: encode(p, '.bmp'),
    'lzw': lambda p: encode(p, '.tif'),
    'tiff': tiff,
    'deflate': lambda p: tiff(p, compression='zlib'),
}


@pytest.mark.parametrize('kind', ENCODINGS)
@pytest.mark.parametrize('share', [0.001, 0.02, 0.1, 0.5, 0.9, 0.99])
def test_truncated(tmp_path, picture, kind, share):
    data = ENCODINGS[kind](picture)
    path = tmp_path / 'cut'
    path.write_bytes(data)
    assert read_image(path).shape == picture.shape
    path.write_bytes(data[: max(1, int(len(data) * share))])
    with pytest.raises(UnreadableImageError, match='cut'):
        read_image(path)


def test_end_marker_inside_the_header_is_not_the_end(tmp_path, picture):
    # radiometric JPEGs embed a whole second image in their header
    inner = encode(picture[::4, ::4], '.jpg')
    outer = encode(picture, '.jpg')
    segment = b'\xff\xe1' + (len(inner) + 2).to_bytes(2, 'big') + inner
    data = outer[:2] + segment + outer[2:]
    path = tmp_path / 'radiometric.jpg'
    path.write_bytes(data)
    assert InfraredFile(path).size == picture.shape
    assert read_image(path).shape == picture.shape
    for cut in (len(segment) + 2, len(data) - 2):
        path.write_bytes(data[:cut])
        with pytest.raises(UnreadableImageError, match='JPEG'):
            read_image(path)


def test_data_after_the_end_is_ignored(tmp_path, picture):
    for suffix in ('.jpg', '.png'):
        path = tmp_path / f'image{suffix}'
        path.write_bytes(encode(picture, suffix) + bytes(100))
        assert read_image(path).shape == picture.shape


@pytest.mark.parametrize('suffix', ['png', 'jpg', 'bmp', 'tif'])
def test_garbage(tmp_path, suffix):
    start = {'png': b'\x89PNG\r\n\x1a\n', 'jpg': b'\xff\xd8', 'bmp': b'BM'}
    rng = np.random.default_rng(0)
    for i in range(30):
        path = tmp_path / f'{i}.{suffix}'
        head = start.get(suffix, b'II*\0\x08\0\0\0') if i % 2 else b''
        path.write_bytes(head + rng.bytes(int(rng.integers(1, 300))))
        with pytest.raises(UnreadableImageError):
            read_image(path)


def test_missing_empty_and_folder(tmp_path):
    empty = tmp_path / 'empty.png'
    empty.touch()
    for path, reason in [
        (tmp_path / 'no.png', 'does not exist'),
        (empty, 'is empty'),
        (tmp_path, 'directory'),
    ]:
        with pytest.raises(UnreadableImageError) as error:
            read_image(path)
        assert error.value.path == str(path)
        assert reason in str(error.value)
        copy = pickle.loads(pickle.dumps(error.value))
        assert str(copy) == str(error.value)


def test_reading_goes_through_file_backends(tmp_path, picture):
    (tmp_path / 'image.png').write_bytes(encode(picture, '.png'))
    image = read_image(
        tmp_path / 'image.png', backend_args=dict(backend='local')
    )
    np.testing.assert_array_equal(image, picture)


@pytest.mark.parametrize('reduction', [1, 2, 4, 8])
@pytest.mark.parametrize('shape', [(96, 128), (95, 127), (5, 3)])
def test_reduced_decoding(tmp_path, picture, reduction, shape):
    path = tmp_path / 'image.jpg'
    image = picture[: shape[0], : shape[1]]
    path.write_bytes(encode(image, '.jpg', cv2.IMWRITE_JPEG_QUALITY, 98))
    size = tuple(-(-n // reduction) for n in shape)
    reduced = read_image(path, reduction)
    assert reduced.shape == size
    assert reduced.dtype == np.uint8
    if shape == (96, 128):
        expected = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
        assert np.abs(reduced.astype(int) - expected).mean() < 1.5


def test_wrong_reduction(tmp_path, picture):
    for suffix, reduction in (('.jpg', 3), ('.png', 2)):
        path = tmp_path / f'image{suffix}'
        path.write_bytes(encode(picture, suffix))
        with pytest.raises(ValueError, match=f'1/{reduction}'):
            read_image(path, reduction)


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
def test_orientation_is_ignored_alike(tmp_path, picture, suffix):
    path = tmp_path / f'turned{suffix}'
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees
    Image.fromarray(picture).save(path, exif=exif)
    file = InfraredFile(path)
    assert file.size == file.decode().shape == picture.shape


class TestToUint8:
    def test_8_bit_passes(self, picture):
        assert to_uint8(picture) is picture

    @pytest.mark.parametrize('dtype', [np.uint16, np.int32, np.float32])
    def test_stretch(self, picture, dtype):
        raw = (picture * 3.0 + 9000).astype(dtype)
        image = to_uint8(raw)
        assert image.dtype == np.uint8
        assert image.min() == 0
        assert image.max() == 255
        # order is kept: nothing wraps around
        order = np.argsort(raw, axis=None)
        assert (np.diff(image.ravel()[order].astype(int)) >= 0).all()

    def test_dead_pixels_do_not_set_the_range(self, picture):
        raw = picture.astype(np.uint16) + 9000
        clean = to_uint8(raw)
        raw[3, 4], raw[50, 60] = 0, 65535
        difference = np.abs(to_uint8(raw).astype(int) - clean)
        assert np.median(difference) <= 2

    @pytest.mark.parametrize('value', [0, 7000, 65535])
    def test_constant(self, value):
        assert not to_uint8(np.full((9, 9), value, np.uint16)).any()

    def test_almost_constant(self):
        raw = np.full((100, 100), 7000, np.uint16)
        raw[5, 5] = 7100
        assert to_uint8(raw)[5, 5] == 255
        assert to_uint8(raw).sum() == 255


def test_real_files(real_data):
    files = [
        *sorted((real_data / 'raw16').glob('*.*')),
        *sorted((real_data / 'sirst' / 'images').iterdir())[::10],
        *sorted((real_data / 'hit_uav' / 'JPEGImages').iterdir())[::100],
        *sorted((real_data / 'buffalo_udder/images').rglob('*.png'))[::60],
    ]
    assert len(files) > 50
    for path in files:
        image = read_image(path)
        with Image.open(path) as other:
            assert image.shape == other.size[::-1]
            raw = other.mode.startswith('I')
            grey = np.asarray(other if raw else other.convert('L'))
        assert image.dtype == (np.uint16 if raw else np.uint8)
        # PIL and OpenCV round the luma of colours differently
        assert np.abs(image.astype(int) - grey).max() <= (0 if raw else 1)
        assert to_uint8(image).std() > 1


def test_raw_png_and_tiff_agree(real_data):
    for tif in (real_data / 'raw16').glob('*.tiff'):
        np.testing.assert_array_equal(
            read_image(tif), read_image(tif.with_suffix('.png'))
        )
