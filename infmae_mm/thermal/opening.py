"""Opening what is named like an image: only if it is a file."""

import os
import stat
from typing import BinaryIO

_MAX_BYTES = 2**32
# Twice what the largest picture that is read takes, in the widest type.


def open_image(path: str) -> BinaryIO:
    """Open a local file, if it is one.

    A pipe would keep its reader waiting for ever, and a device has no end.

    Raises:
        OSError: If there is no such file, or it is something else.
        ValueError: If the path holds a null byte.
    """
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise OSError('it is a directory, not a file')
    if not stat.S_ISREG(status.st_mode):
        raise OSError('it is a pipe or a device, not a file')
    if status.st_size > _MAX_BYTES:
        raise OSError(
            f'it has {status.st_size} bytes, and more than {_MAX_BYTES} are '
            'not read: save its first page, or tiles of it'
        )
    return open(path, 'rb')


def read_bytes(path: str, backend_args: dict | None) -> bytes:
    """Read a file, of a folder or of a backend of MMEngine.

    Raises:
        OSError: If it cannot be read, or is no file.
        ValueError: If the path holds a null byte.
    """
    if backend_args is None and '://' not in path:
        with open_image(path) as file:
            return file.read()
    # only here, so that reading works without it
    from mmengine import fileio

    return fileio.get(path, backend_args=backend_args)
