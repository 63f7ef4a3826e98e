"""A disk without room."""

import errno


def fill(disk):
    """Leave no room; returns the file to remove."""
    filler = disk / 'filler'
    with open(filler, 'wb', buffering=0) as file:
        try:
            while True:
                file.write(b'x' * 4096)
        except OSError as error:
            assert error.errno == errno.ENOSPC
    return filler
