"""Which formats of image files are read, and how others are called."""

import re

from .damage import DamagedImageError

SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.png', '.tif', '.tiff')
"""File name endings (lower case) of the formats that are read."""

BMP = b'BM'
JPEG = b'\xff\xd8'
PNG = b'\x89PNG\r\n\x1a\n'
TIFF = (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+')

# Under the ending of an image, by how they begin.
_OTHERS = {
    'WebP': rb'RIFF....WEBP',
    'GIF': rb'GIF8',
    'JPEG 2000': rb'\0\0\0\x0cjP  |\xff\x4f\xff\x51',
    'AVIF or HEIC': rb'....ftyp',
    'PBM, PGM or PPM': rb'P[1-7]\s',
    'OpenEXR': rb'v/1\x01',
    'NumPy': rb'\x93NUMPY',
    'HDF5 or MATLAB': rb'\x89HDF|MATLAB',
    'a web page': rb'\s*<(!doctype|html|\?xml|svg)',
    'an archive': rb'PK\x03\x04|\x1f\x8b|7z\xbc\xaf|Rar!',
    'a pointer of Git LFS, whose file was not downloaded': (
        rb'version https://git-lfs'
    ),
    'zeros alone': rb'\0{16}',
}


def foreign(data: bytes) -> DamagedImageError:
    """What to raise of content that is of none of these formats."""
    found = 'or is damaged'
    for name, pattern in _OTHERS.items():
        if re.match(pattern, data, re.DOTALL | re.IGNORECASE):
            found = f'but {name}'
    return DamagedImageError(
        f'its content is no PNG, JPEG, BMP or TIFF, {found}'
    )
