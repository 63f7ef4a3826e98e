"""TIFF files that OpenCV decompresses: LZW, without imagecodecs."""

import io
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from infmae_mm.thermal import UnreadableImageError, read_image

GREY = np.add.outer(np.arange(48) * 2, np.arange(64)).astype(np.uint8)
FADING = GREY[::-1]  # an alpha that is not opaque


def lzw(*pages: np.ndarray, **tags: int) -> bytes:
    """By PIL's libtiff; ``tags`` are set on the first page."""
    file = io.BytesIO()
    first, *others = map(Image.fromarray, pages)
    first.save(
        file,
        'TIFF',
        compression='tiff_lzw',
        save_all=True,
        append_images=others,
        tiffinfo={254: 0},
    )
    file.seek(0)
    with tifffile.TiffFile(file, mode='r+') as tiff:
        for name, value in tags.items():
            tiff.pages[0].tags[name].overwrite(value)
        return file.getvalue()


def read(folder, data: bytes) -> np.ndarray:
    path = folder / 'image.tif'
    path.write_bytes(data)
    return read_image(str(path))


@pytest.mark.parametrize('preview', [GREY[::4, ::4], GREY[::-1]])
def test_preview_before_the_picture(tmp_path, preview):
    data = lzw(preview.copy(), GREY, NewSubfileType=1)
    np.testing.assert_array_equal(read(tmp_path, data), GREY)


def test_colours_are_not_multiplied_by_alpha(tmp_path):
    data = lzw(np.dstack([GREY, GREY, GREY, FADING]))
    np.testing.assert_array_equal(read(tmp_path, data), GREY)


def test_white_is_zero_of_grey_with_alpha(tmp_path):
    data = lzw(np.dstack([GREY, FADING]), PhotometricInterpretation=0)
    np.testing.assert_array_equal(read(tmp_path, data), 255 - GREY)


def test_packed_bits_are_not_scaled(tmp_path):
    # 64x3 pixels of 12 bits, as codes of 9 bits that stand for bytes
    pixels = bytes(range(64)) * 4 + bytes(32)
    codes = [c for byte in pixels for c in (256, byte)] + [257]
    digits = ''.join(f'{code:09b}' for code in codes)
    digits = digits.ljust(-(-len(digits) // 8) * 8, '0')
    packed = int(digits, 2).to_bytes(len(digits) // 8, 'big')
    tags = [(256, 64), (257, 3), (258, 12), (259, 5), (262, 1)]
    tags += [(273, 0), (277, 1), (278, 3), (279, len(packed))]
    start = 8 + 2 + 12 * len(tags) + 4
    data = struct.pack('<2sHIH', b'II', 42, 8, len(tags))
    for tag, value in tags:
        data += struct.pack('<HHII', tag, 4, 1, start if tag == 273 else value)
    with pytest.raises(UnreadableImageError, match=r'infmae_mm\[tiff\]'):
        read(tmp_path, data + bytes(4) + packed)
