"""Files as cameras and GIS programs write them, whole, odd and damaged."""

import io
import struct
import tracemalloc
import warnings

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from infmae_mm.thermal import (
    InfraredFile,
    InfraredImages,
    LoadThermalImage,
    UnreadableImageError,
    read_image,
)

GREY = np.add.outer(np.arange(48) * 2, np.arange(64)).astype(np.uint8)
COUNTS = GREY.astype(np.uint16) * 100
KELVIN = (290 + GREY / 10).astype(np.float32)


def tiff(array: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, array, **options)
    return file.getvalue()


def libtiff(array: np.ndarray, **options) -> bytes:
    """Written by PIL's libtiff: another program than the one that reads."""
    file = io.BytesIO()
    Image.fromarray(array).save(file, format='TIFF', **options)
    return file.getvalue()


def encode(image: np.ndarray, suffix: str, *options: int) -> bytes:
    return cv2.imencode(suffix, image, options)[1].tobytes()


def nodata(value: str) -> dict:
    return dict(extratags=[(42113, 's', 0, value, True)])


def read(folder, data: bytes, **options) -> np.ndarray:
    path = folder / 'image.any'
    path.write_bytes(data)
    return read_image(str(path), **options)


def reason(folder, data: bytes, **options) -> str:
    with pytest.raises(UnreadableImageError) as error:
        read(folder, data, **options)
    return error.value.reason


@pytest.mark.parametrize(
    ('data', 'expected'),
    [
        (tiff(np.stack([GREY] * 3), photometric='rgb', planarconfig=2), GREY),
        (libtiff(np.dstack([GREY, GREY])), GREY),
        (libtiff(np.dstack([GREY, GREY]), compression='tiff_lzw'), GREY),
        (
            tiff(
                np.dstack([COUNTS] * 3),
                photometric='minisblack',
                planarconfig=1,
            ),
            COUNTS,
        ),
        *((tiff(a, compression='lzma'), a) for a in (GREY, COUNTS, KELVIN)),
        *(
            (tiff(a, compression='zlib'), a)
            for a in (
                COUNTS.astype(np.uint32),
                COUNTS.astype(np.int16),
                KELVIN.astype(np.float16),
                KELVIN.astype(np.float64),
            )
        ),
        *(
            (
                libtiff(KELVIN, compression=codec, tiffinfo={317: predictor}),
                KELVIN,
            )
            for codec in ('tiff_lzw', 'tiff_adobe_deflate')
            for predictor in (1, 2, 3)
        ),
        (libtiff(COUNTS, compression='packbits'), COUNTS),
    ],
)
def test_kinds_of_tiff(tmp_path, data, expected):
    image = read(tmp_path, data)
    assert image.dtype == expected.dtype
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize('array', [GREY, COUNTS])
@pytest.mark.parametrize('compression', [None, 'zlib'])
def test_white_is_zero(tmp_path, array, compression):
    data = tiff(array, photometric='miniswhite', compression=compression)
    white = np.iinfo(array.dtype).max
    np.testing.assert_array_equal(read(tmp_path, data), white - array)


@pytest.mark.parametrize('bits', [10, 12, 14])
def test_packed_bits(tmp_path, bits):
    values = np.add.outer(np.arange(48), np.arange(61)) * 8
    rows = [''.join(f'{v:0{bits}b}' for v in row) for row in values]
    length = -(-61 * bits // 8)
    pixels = b''.join(
        int(row.ljust(8 * length, '0'), 2).to_bytes(length, 'big')
        for row in rows
    )
    tags = [(256, 61), (257, 48), (258, bits), (259, 1), (262, 1)]
    tags += [(273, 0), (277, 1), (278, 48), (279, len(pixels))]
    start = 8 + 2 + 12 * len(tags) + 4
    data = struct.pack('<2sHIH', b'II', 42, 8, len(tags))
    for tag, value in tags:
        value = start if tag == 273 else value
        data += struct.pack('<HHII', tag, 4, 1, value)
    data += bytes(4) + pixels
    np.testing.assert_array_equal(read(tmp_path, data), values)
    assert 'blocks' in reason(tmp_path, data[:-1])


@pytest.mark.parametrize(
    ('array', 'value', 'expected'),
    [
        (COUNTS, '0', 'nan'),
        (KELVIN, '290', 'nan'),
        (KELVIN - 7000, '-6710', 'nan'),
        (255 - GREY, '255', 0),
    ],
)
@pytest.mark.parametrize('compression', [None, 'zlib'])
def test_no_data_of_gdal(tmp_path, array, value, expected, compression):
    data = tiff(array, compression=compression, **nodata(value))
    image = read(tmp_path, data)
    absent = array == array.dtype.type(float(value))
    assert absent.any()
    kept = image[~absent]
    np.testing.assert_array_equal(kept, array[~absent])
    assert (image.dtype == np.uint8) == (array.dtype == np.uint8)
    if expected == 'nan':
        assert np.isnan(image[absent]).all()
    else:
        assert (image[absent] == expected).all()


def test_no_data_where_white_is_zero(tmp_path):
    options = dict(photometric='miniswhite', **nodata('0'))
    image = read(tmp_path, tiff(COUNTS, **options))
    np.testing.assert_array_equal(np.isnan(image), COUNTS == 0)
    np.testing.assert_array_equal(image[1:], 65535 - COUNTS[1:])


def test_no_data_does_not_set_the_range(tmp_path):
    celsius = GREY.astype(np.float32) / 10
    celsius[:, :8] = -9999
    (tmp_path / 'mosaic.tif').write_bytes(tiff(celsius, **nodata('-9999')))
    loaded = LoadThermalImage(channels=1)(
        dict(img_path=str(tmp_path / 'mosaic.tif'))
    )
    assert loaded['mapping']['low'] > 0
    assert np.unique(loaded['img']).size > 100


@pytest.mark.parametrize('value', ['-9999', 'nan'])
def test_nobody_is_told_what_tifffile_cannot_do(tmp_path, caplog, value):
    data = tiff(COUNTS, **nodata(value))
    read(tmp_path, data)
    assert not caplog.records
    # by others the same file is read as before
    tifffile.imread(io.BytesIO(data))
    assert 'GDAL_NODATA' in caplog.text


@pytest.mark.parametrize(
    ('data', 'message'),
    [
        (libtiff(GREY > 50), 'one bit'),
        (libtiff(GREY > 50, compression='group4'), 'one bit'),
        (libtiff(KELVIN, compression='zstd'), 'infmae_mm[tiff]'),
        (tiff(KELVIN, photometric='miniswhite'), 'white is zero'),
        (tiff(KELVIN.astype(np.complex64)), 'COMPLEX'),
        (tiff(np.dstack([GREY, GREY + 1]), planarconfig=1), '(48, 64, 2)'),
        (tiff(np.full_like(KELVIN, -1), **nodata('-1')), 'finite'),
        (tiff(np.full(GREY.shape, 1e300)), 'beyond 1e30'),
        (libtiff(COUNTS, compression='packbits', tiffinfo={317: 2}), 'predic'),
    ],
)
def test_refused_with_the_reason(tmp_path, data, message):
    assert message in reason(tmp_path, data)


@pytest.mark.parametrize('tag', [('H', 1, 0), ('H', 1, 9), ('s', 0, 'up')])
def test_wrong_orientation_is_upright(tmp_path, tag):
    data = tiff(GREY, extratags=[(274, *tag, True)])
    np.testing.assert_array_equal(read(tmp_path, data), GREY)


def bomb(suffix: str) -> bytes:
    data = bytearray(encode(GREY, suffix))
    if suffix == '.png':
        data[16:24] = struct.pack('>II', 60000, 60000)
    elif suffix == '.bmp':
        data[18:26] = struct.pack('<ii', 60000, 60000)
    elif suffix == '.jpg':
        at = data.index(b'\xff\xc0') + 5
        data[at : at + 4] = struct.pack('>HH', 60000, 60000)
    else:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            tags = [file.pages[0].tags[code] for code in (256, 257, 278)]
        for tag in tags:
            data[tag.valueoffset : tag.valueoffset + 2] = b'\x60\xea'
    return bytes(data)


@pytest.mark.parametrize('suffix', ['.png', '.bmp', '.jpg', '.tif'])
def test_size_is_held_against_the_file(tmp_path, suffix):
    tracemalloc.start()
    try:
        assert 'header' in reason(tmp_path, bomb(suffix))
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    'options', [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)], ids=['base', 'prog']
)
@pytest.mark.parametrize('colour', [False, True])
@pytest.mark.parametrize('share', [0.1, 0.3, 0.5, 0.8, 0.95])
def test_half_a_jpeg_with_an_end(tmp_path, picture, options, colour, share):
    if colour:
        picture = cv2.applyColorMap(picture, cv2.COLORMAP_JET)
    data = encode(picture, '.jpg', *options)
    start = data.index(b'\xff\xda')
    cut = data[: start + int(share * (len(data) - start))] + b'\xff\xd9'
    # before the first block there is nothing to decode
    assert reason(tmp_path, cut).split()[-1] in ('missing', 'damaged')
    read(tmp_path, data)


def test_header_of_a_larger_jpeg(tmp_path, picture):
    data = bytearray(encode(picture, '.jpg'))
    at = data.index(b'\xff\xc0') + 5
    data[at : at + 2] = struct.pack('>H', picture.shape[0] + 64)
    assert 'missing' in reason(tmp_path, bytes(data))


def test_last_pixel_may_be_the_filling(tmp_path):
    data = encode(np.full((64, 64), 128, np.uint8), '.jpg')
    assert (read(tmp_path, data) == 128).all()


SOURCES = {
    'tiff': tiff(COUNTS),
    'zlib': tiff(KELVIN, compression='zlib', **nodata('-9999')),
    'tiles': tiff(COUNTS, tile=(16, 16), compression='zlib', predictor=True),
    'bigtiff': tiff(COUNTS, bigtiff=True, byteorder='>'),
    'lzw': libtiff(GREY, compression='tiff_lzw'),
    'lzw3': libtiff(KELVIN, compression='tiff_lzw', tiffinfo={317: 3}),
    'lzma': tiff(COUNTS, compression='lzma'),
    'packbits': libtiff(COUNTS, compression='packbits'),
    'jpeg in tiff': libtiff(GREY, compression='jpeg'),
    'planes': tiff(np.stack([GREY] * 3), photometric='rgb', planarconfig=2),
    'pages': tiff(np.stack([COUNTS] * 2), photometric='minisblack'),
    'png': encode(COUNTS, '.png'),
    'png8': encode(GREY, '.png'),
    'bmp': encode(GREY, '.bmp'),
    'jpg': encode(GREY, '.jpg'),
    'colour': encode(cv2.applyColorMap(GREY, 2), '.jpg'),
    'progressive': encode(GREY, '.jpg', cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
}


def damage(data: bytes, rng: np.random.Generator) -> bytes:
    """Cut, overwrite, remove or insert, at the ends more often."""
    data = bytearray(data)
    ends = np.r_[: min(300, len(data)), -min(300, len(data)) : 0]
    at = int(rng.integers(len(data)))
    kind = rng.integers(4)
    if kind == 0:
        del data[max(1, at) :]
    elif kind == 1:
        for _ in range(rng.integers(1, 6)):
            data[int(rng.choice(ends))] = rng.integers(256)
    elif kind == 2:
        del data[at : at + int(rng.integers(1, 50))]
    else:
        data[at:at] = rng.bytes(int(rng.integers(1, 50)))
    return bytes(data)


@pytest.mark.slow
@pytest.mark.parametrize('kind', SOURCES)
def test_damage_is_named_or_harmless(tmp_path, kind):
    rng = np.random.default_rng(12)
    path = tmp_path / 'image.any'
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        for _ in range(40):
            path.write_bytes(damage(SOURCES[kind], rng))
            try:
                image = read_image(str(path), palette='auto')
            except UnreadableImageError as error:
                assert error.path == str(path)
            else:
                assert image.ndim == 2


def test_damaged_header_of_png(tmp_path):
    # found by the same damage with other seeds
    assert 'PNG' in reason(tmp_path, b'\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0')


def test_errors_do_not_keep_files(tmp_path):
    data = encode(np.zeros((8, 8), np.uint8), '.png')[:-8] + bytes(2**20)
    errors = []
    tracemalloc.start()
    try:
        for i in range(20):
            path = tmp_path / f'{i}.png'
            path.write_bytes(data)
            for read_it in (
                lambda: InfraredFile(path).decode(),  # noqa: B023
                lambda: read_image(path),  # noqa: B023
            ):
                with pytest.raises(UnreadableImageError) as error:
                    read_it()
                errors.append(error.value)
        assert tracemalloc.get_traced_memory()[0] < 4 * 2**20
    finally:
        tracemalloc.stop()
    assert len(errors) == 40


def test_dataset_does_not_keep_files(tmp_path):
    for i in range(20):
        (tmp_path / f'{i}.png').write_bytes(b'\x89PNG' + bytes(2**20))
    (tmp_path / 'x.png').write_bytes(encode(GREY, '.png'))
    dataset = InfraredImages(
        str(tmp_path), pipeline=[LoadThermalImage()], test_mode=True
    )
    tracemalloc.start()
    try:
        assert len(dataset[0]['unreadable']) == 20
        assert tracemalloc.get_traced_memory()[0] < 4 * 2**20
    finally:
        tracemalloc.stop()
