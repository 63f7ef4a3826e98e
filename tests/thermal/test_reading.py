import io
import pickle
import struct
import warnings

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from infmae_mm.thermal import (
    InfraredFile,
    UnreadableImageError,
    read_image,
)
from infmae_mm.thermal.mapping import Percentile
from infmae_mm.thermal.orientation import ORIENTATION, exif_orientation


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


@pytest.mark.parametrize('gamma', [None, 45455])
@pytest.mark.parametrize('suffix', ['.png', '.bmp'])
def test_colours_become_luma(tmp_path, suffix, gamma):
    """Programs of Windows write a gamma into each PNG."""
    path = tmp_path / f'image{suffix}'
    info = PngInfo()
    if gamma:
        info.add(b'gAMA', gamma.to_bytes(4, 'big'))
    image = np.full((8, 8, 3), (200, 50, 10), np.uint8)
    Image.fromarray(image).save(path, pnginfo=info)
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
        read_image(path), picture / 10 - 5, rtol=0, atol=1e-5
    )


def test_some_values_are_not_finite(tmp_path, picture):
    path = tmp_path / 'kelvin.tif'
    kelvin = picture.astype(np.float32)
    kelvin[3, 4], kelvin[5, 6] = np.nan, np.inf
    path.write_bytes(tiff(kelvin))
    np.testing.assert_array_equal(read_image(path), kelvin)


@pytest.mark.parametrize('compression', [None, 'zlib'])
def test_tiff_with_a_palette_or_colours(tmp_path, picture, compression):
    path = tmp_path / 'colour.tif'
    falling = np.tile(np.arange(256, dtype=np.uint16)[::-1] * 257, (3, 1))
    opaque = np.full_like(picture, 255)
    for array, options, grey in (
        (picture, dict(colormap=falling), 255 - picture),
        (np.dstack([picture] * 3), dict(photometric='rgb'), picture),
        (
            np.dstack([picture] * 3 + [opaque]),
            dict(photometric='rgb', extrasamples=['unassalpha']),
            picture,
        ),
        (
            np.dstack([picture] * 3).astype(np.uint16) * 257,
            dict(photometric='rgb'),
            picture.astype(np.uint16) * 257,
        ),
    ):
        path.write_bytes(tiff(array, compression=compression, **options))
        image = read_image(path)
        assert image.dtype == grey.dtype
        # the weights of the luma are rounded
        assert np.abs(image.astype(int) - grey).max() <= 1


@pytest.mark.parametrize('compression', [None, 'zlib'])
def test_first_page_with_one_warning(tmp_path, picture, compression):
    pages = np.stack([picture, picture[::-1]]).astype(np.uint16) * 9
    encoded = tiff(pages, photometric='minisblack', compression=compression)
    for name in ('a.tif', 'b.tif'):
        (tmp_path / name).write_bytes(encoded)
    InfraredFile._warned_of_pages = False
    with pytest.warns(UserWarning, match=r'a\.tif has 2 pages'):
        image = read_image(tmp_path / 'a.tif')
    np.testing.assert_array_equal(image, pages[0])
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        image = read_image(tmp_path / 'b.tif')
    np.testing.assert_array_equal(image, pages[0])


@pytest.mark.parametrize(
    ('array', 'options', 'message'),
    [
        (np.zeros((32, 32), bool), {}, 'bool'),
        (np.full((32, 32), np.nan, np.float32), {}, 'finite'),
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


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.tif', 'zlib.tif'])
@pytest.mark.parametrize('orientation', range(1, 9))
def test_orientation_is_followed_alike(tmp_path, picture, suffix, orientation):
    path = tmp_path / f'turned{suffix}'
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored = Image.fromarray(picture)
    if suffix.endswith('.tif'):
        path.write_bytes(
            tiff(
                picture,
                extratags=[(ORIENTATION, 'H', 1, orientation, True)],
                compression='zlib' if suffix == 'zlib.tif' else None,
            )
        )
        stored.getexif()[ORIENTATION] = orientation
    else:
        stored.save(
            path, exif=exif, **{'.jpg': dict(quality=98)}.get(suffix, {})
        )
        stored = Image.open(path)
    expected = np.asarray(ImageOps.exif_transpose(stored), int)
    file = InfraredFile(path)
    image = file.decode()
    assert file.size == image.shape == expected.shape
    assert np.abs(image - expected).max() <= (2 if suffix == '.jpg' else 0)
    if suffix == '.jpg':
        # as MMCV's reader does
        np.testing.assert_array_equal(
            image, cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        )
        half = file.decode(2)
        assert half.shape == tuple(n // 2 for n in expected.shape)
        whole = cv2.resize(
            image, half.shape[::-1], interpolation=cv2.INTER_AREA
        )
        assert np.abs(half.astype(int) - whole).mean() < 1.5


@pytest.mark.parametrize('order', ['<', '>'])
def test_exif_orientation(order):
    head = {'<': b'II*\0', '>': b'MM\0*'}[order]
    block = head + struct.pack(
        f'{order}IHHHIHHHHIHH',
        *(8, 2),
        *(0x0101, 3, 1, 7, 0),
        *(ORIENTATION, 3, 1, 8, 0),
    )
    assert exif_orientation(block) == 8
    for size in range(len(block) - 2):
        assert exif_orientation(block[:size]) == 1
    assert (
        exif_orientation(block.replace(struct.pack(f'{order}H', 8), b'XX'))
        == 1
    )
    assert exif_orientation(bytes(30)) == 1


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
        assert Percentile()(image)[0].std() > 1


def test_raw_png_and_tiff_agree(real_data):
    for tif in (real_data / 'raw16').glob('*.tiff'):
        np.testing.assert_array_equal(
            read_image(tif), read_image(tif.with_suffix('.png'))
        )
