"""Sizes from headers: those that an image is loaded with."""

import struct
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from infmae_mm.thermal.formats import SUFFIXES
from infmae_mm.thermal.headers import image_size, image_sizes
from infmae_mm.thermal.reading import InfraredFile, UnreadableImageError


@pytest.mark.parametrize('suffix', SUFFIXES)
@pytest.mark.parametrize('orientation', [None, 1, 3, 6, 8])
def test_sizes_of_all_formats(tmp_path, suffix, orientation):
    path = tmp_path / f'a{suffix}'
    options = {}
    if orientation and suffix != '.bmp':
        exif = Image.Exif()
        exif[0x0112] = orientation
        options = dict(exif=exif)
    Image.new('L', (50, 30)).save(path, **options)
    turned = options and orientation >= 5
    assert image_size(path) == ((50, 30) if turned else (30, 50))
    assert image_size(path) == InfraredFile(path).size


@pytest.mark.parametrize('dtype', [np.uint16, np.float32, np.int32])
def test_deep_tiffs(tmp_path, dtype):
    path = tmp_path / 'a.tiff'
    tifffile.imwrite(path, np.ones((30, 50), dtype))
    assert image_size(path) == (30, 50)


def test_no_pixel_is_decoded(tmp_path):
    """A header is enough: here nothing follows it."""
    header = struct.pack('>IIBBBBB', 50, 30, 8, 0, 0, 0, 0)
    chunk = b'IHDR' + header
    png = (
        b'\x89PNG\r\n\x1a\n'
        + struct.pack('>I', len(header))
        + chunk
        + struct.pack('>I', zlib.crc32(chunk))
        + struct.pack('>I4s', 1000, b'IDAT')
    )
    (tmp_path / 'a.png').write_bytes(png)
    assert image_size(tmp_path / 'a.png') == (30, 50)


def test_bad_files_are_named(tmp_path):
    good = tmp_path / 'good.png'
    cv2.imwrite(str(good), np.zeros((30, 50), np.uint8))
    contents = dict(
        empty=b'', text=b'not an image', jpeg=b'\xff\xd8\xff', tiff=b'II*\0'
    )
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    paths = [str(tmp_path / name) for name in (*contents, 'absent')]
    found = image_sizes([*paths, str(good)])
    assert found[str(good)] == (30, 50)
    for path in paths:
        assert isinstance(found[path], UnreadableImageError)
        assert path in str(found[path])


def test_real_files(real_data):
    for folder in ('hit_uav/JPEGImages', 'sirst/images', 'raw16'):
        paths = [
            path
            for path in sorted((real_data / folder).iterdir())[:20]
            if path.suffix.lower() in SUFFIXES
        ]
        sizes = image_sizes(map(str, paths))
        for path in paths:
            assert sizes[str(path)] == InfraredFile(path).size
