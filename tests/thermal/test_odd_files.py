"""Files that are no pictures, other formats, and parts left out."""

import io
import os
import struct

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from infmae_mm.annotations.error import AnnotationError
from infmae_mm.annotations.masks import read_label_values, read_mask
from infmae_mm.thermal import UnreadableImageError, read_image
from infmae_mm.thermal.headers import image_size

GREY = np.add.outer(np.arange(48) * 2, np.arange(64)).astype(np.uint8)
COLOURS = np.stack([GREY, GREY[::-1], GREY[:, ::-1]], axis=-1)
KELVIN = (290 + GREY / 10).astype(np.float32)


def saved(image: np.ndarray | Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    image.save(file, format=kind, **options)
    return file.getvalue()


def read(folder, data: bytes) -> np.ndarray:
    path = folder / 'image.png'
    path.write_bytes(data)
    image = read_image(str(path))
    assert image_size(path) == image.shape
    return image


def reason(folder, data: bytes) -> str:
    with pytest.raises(UnreadableImageError) as error:
        read(folder, data)
    return error.value.reason


READERS = (read_image, image_size, read_mask, read_label_values)


@pytest.mark.parametrize('reader', READERS)
def test_what_is_no_file_is_named(tmp_path, reader):
    os.mkfifo(tmp_path / 'pipe.png')  # would keep a reader for ever
    (tmp_path / 'folder.jpg').mkdir()
    with open(tmp_path / 'huge.tif', 'wb') as file:
        file.truncate(2**36)  # sparse
    (tmp_path / 'device.bmp').symlink_to('/dev/zero')
    (tmp_path / 'loop.png').symlink_to('loop.png')
    for name, what in (
        ('pipe.png', 'pipe'),
        ('folder.jpg', 'directory'),
        ('huge.tif', 'bytes'),
        ('device.bmp', 'device'),
        ('loop.png', 'symbolic'),
    ):
        with pytest.raises((UnreadableImageError, AnnotationError)) as error:
            reader(str(tmp_path / name))
        assert what in str(error.value) and name in str(error.value)


@pytest.mark.parametrize('kind', ['WEBP', 'GIF', 'JPEG2000', 'PPM', 'AVIF'])
def test_other_formats_are_named(tmp_path, kind):
    # OpenCV reads some of them, whatever size their header tells
    assert kind[:3].lower() in reason(tmp_path, saved(GREY, kind)).lower()


@pytest.mark.parametrize(
    ('data', 'what'),
    [
        (b'<!DOCTYPE html><html></html>', 'web page'),
        (b'version https://git-lfs.github.com/spec/v1\n', 'Git LFS'),
        (bytes(100), 'zeros'),
        (b'PK\x03\x04' + bytes(30), 'archive'),
        (b'P5\n60000 60000\n65535\n', 'PGM'),
    ],
)
def test_what_was_downloaded_in_place_of_an_image(tmp_path, data, what):
    assert what in reason(tmp_path, data)


def test_bmp_of_os2(tmp_path):
    # a header of 12 bytes, with sizes of 16 bits
    pixels = bytes(range(12)) * 2
    palette = bytes(v for grey in range(256) for v in (grey,) * 3)
    start = 14 + 12 + len(palette)
    data = struct.pack('<2sIII', b'BM', start + len(pixels), 0, start)
    data += struct.pack('<IHHHH', 12, 12, 2, 1, 8) + palette + pixels
    assert read(tmp_path, data).shape == (2, 12)
    assert 'hold' in reason(tmp_path, data[:18] + b'\xff\xff' + data[20:])


@pytest.mark.parametrize('progressive', [False, True])
@pytest.mark.parametrize('share', [0.1, 0.4, 0.7, 0.9])
def test_jpeg_with_restart_markers(tmp_path, progressive, share):
    # a decoder that waits for the next marker skips what fills the gap
    options = dict(restart_marker_blocks=2, progressive=progressive)
    data = saved(COLOURS, 'JPEG', quality=90, **options)
    assert read(tmp_path, data).shape == (48, 64)
    start = data.index(b'\xff\xda')
    cut = data[: start + int(share * (len(data) - start))] + b'\xff\xd9'
    assert 'missing' in reason(tmp_path, cut)
    frame = data.index(b'\xff\xc2' if progressive else b'\xff\xc0') + 5
    larger = bytearray(data)
    larger[frame : frame + 2] = struct.pack('>H', 48 + 32)
    assert 'missing' in reason(tmp_path, bytes(larger))


def test_kinds_of_jpeg_that_are_not_read(tmp_path):
    data = saved(Image.fromarray(GREY), 'JPEG')
    frame = data.index(b'\xff\xc0')
    twelve = data[: frame + 1] + b'\xc1\0\x0b\x0c' + data[frame + 5 :]
    assert 'JPEG of 12 bits' in reason(tmp_path, twelve)
    lossless = data[: frame + 1] + b'\xf7' + data[frame + 2 :]
    assert 'JPEG-LS' in reason(tmp_path, lossless)


def test_what_follows_a_jpeg_is_not_its_end(tmp_path):
    picture = saved(COLOURS, 'JPEG', quality=90)
    several = saved(
        Image.fromarray(COLOURS),
        'MPO',
        save_all=True,
        append_images=[Image.fromarray(COLOURS)],
        quality=90,
    )
    for data in (picture + picture + b'\0', several):
        assert (read(tmp_path, data) == read(tmp_path, picture)).all()
        start, end = data.index(b'\xff\xda'), data.index(b'\xff\xd9')
        half = (start + end) // 2
        assert 'missing' in reason(tmp_path, data[:half] + data[end:])


def tiff(*pages: tuple[np.ndarray, dict]) -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for array, options in pages:
            writer.write(array, contiguous=False, **options)
    return file.getvalue()


def test_preview_before_the_picture(tmp_path):
    preview = GREY[::4, ::4].copy()
    data = tiff((preview, dict(subfiletype=1)), (GREY, dict(subfiletype=0)))
    np.testing.assert_array_equal(read(tmp_path, data), GREY)
    raw = tiff((preview, dict(subfiletype=1, subifds=1)), (KELVIN, {}))
    assert 'DNG' in reason(tmp_path, raw)


@pytest.mark.parametrize('codec', [None, 'tiff_lzw', 'tiff_adobe_deflate'])
def test_luma_and_chroma_are_no_colours(tmp_path, codec):
    image = Image.fromarray(COLOURS).convert('YCbCr')
    assert 'YCbCr' in reason(tmp_path, saved(image, 'TIFF', compression=codec))


@pytest.mark.parametrize('bits', [4, 10, 12])
def test_packed_bits_from_the_lowest(tmp_path, bits):
    values = np.add.outer(np.arange(6), np.arange(7)) % 2**bits
    length = -(-7 * bits // 8)
    rows = [''.join(f'{v:0{bits}b}' for v in row) for row in values]
    rows = [row.ljust(8 * length, '0') for row in rows]
    # each byte begins with its lowest bit
    pixels = bytes(
        int(row[i : i + 8][::-1], 2)
        for row in rows
        for i in range(0, len(row), 8)
    )
    tags = [(256, 7), (257, 6), (258, bits), (259, 1), (262, 1), (266, 2)]
    tags += [(273, 0), (277, 1), (278, 6), (279, len(pixels))]
    start = 8 + 2 + 12 * len(tags) + 4
    data = struct.pack('<2sHIH', b'II', 42, 8, len(tags))
    for tag, value in tags:
        data += struct.pack('<HHII', tag, 4, 1, start if tag == 273 else value)
    np.testing.assert_array_equal(
        read(tmp_path, data + bytes(4) + pixels), values
    )


@pytest.mark.parametrize('text', ['-3.40282e+38', 'nan', '-1.#IND', ''])
def test_no_data_of_few_digits_or_undeclared(tmp_path, text):
    values = KELVIN.copy()
    values[:, :4] = np.finfo(np.float32).min
    image = read(tmp_path, tiff((values, nodata(text))))
    assert np.isnan(image[:, :4]).all()
    np.testing.assert_array_equal(image[:, 4:], KELVIN[:, 4:])


def nodata(text: str) -> dict:
    return dict(extratags=[(42113, 's', 0, text, True)]) if text else {}


def test_no_data_that_is_no_number(tmp_path):
    assert "'n/a'" in reason(tmp_path, tiff((KELVIN, nodata('n/a'))))


def test_label_maps_are_turned_as_their_images(tmp_path):
    labels = (GREY > 60).astype(np.uint8)
    exif = Image.Exif()
    exif[274] = 3
    path = tmp_path / 'labels.png'
    path.write_bytes(saved(labels, 'PNG', exif=exif))
    np.testing.assert_array_equal(
        read_label_values(str(path)), labels[::-1, ::-1]
    )


@pytest.mark.parametrize('reader', [read_mask, read_label_values])
@pytest.mark.parametrize(
    ('suffix', 'reason'),
    [
        ('.png', 'cannot hold'),
        ('.tif', 'decompression bomb DOS attack.'),  # in Pillow's words
        ('.bmp', 'cannot hold'),
    ],
)
def test_masks_larger_than_their_file(tmp_path, reader, suffix, reason):
    mask = (GREY > 200).astype(np.uint8) * 255
    data = bytearray(cv2.imencode(suffix, mask)[1].tobytes())
    if suffix == '.png':
        data[16:24] = struct.pack('>II', 18000, 18000)
    elif suffix == '.bmp':
        data[18:26] = struct.pack('<ii', 18000, 18000)
    else:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            tags = [file.pages[0].tags[code] for code in (256, 257, 278)]
        for tag in tags:
            struct.pack_into('<H', data, tag.valueoffset, 18000)
    path = tmp_path / f'mask{suffix}'
    path.write_bytes(data)
    with pytest.raises((UnreadableImageError, AnnotationError)) as error:
        reader(str(path))
    assert str(error.value).endswith(reason)
