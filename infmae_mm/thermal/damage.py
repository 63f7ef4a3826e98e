"""What is raised of files that cannot be read, and checks of their sizes."""

import unicodedata


class DamagedImageError(ValueError):
    """Content that is damaged, or of a kind that is not read.

    Raised inside the reading, where no path is known.
    """


class UnreadableImageError(ValueError):
    """An image file that is missing, empty, truncated or not decodable.

    Args:
        path (str): The file.
        reason (str): What is wrong with it.
    """

    def __init__(self, path: str, reason: str) -> None:
        # both in `args`, so that it can be pickled between processes
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f'cannot read the image {printable(self.path)}: {self.reason}'


def printable(path: str) -> str:
    """Escape what no terminal, log or table takes of a file's name.

    Bytes that are no UTF-8, line breaks and other control characters. Spaces
    stay, such as the narrow one in names of macOS.
    """
    path = path.encode('utf-8', 'backslashreplace').decode()
    return ''.join(
        c
        if c.isprintable() or unicodedata.category(c) == 'Zs'
        else ascii(c)[1:-1]
        for c in path
    )


MAX_PIXELS = 2**28
"""Pixels from which on an image is refused: 268 millions."""


def check_size(
    width: int, height: int, available: int, most_per_byte: float
) -> None:
    """Hold the size that a header tells against the bytes that are there.

    Args:
        width (int): In pixels.
        height (int): In pixels.
        available (int): Bytes of the content.
        most_per_byte (float): Pixels that one byte can hold at most.

    Raises:
        DamagedImageError: If there are not enough, or too many pixels.
    """
    if width < 1 or height < 1:
        raise DamagedImageError(f'its header tells a size of {width}x{height}')
    if width * height > available * most_per_byte:
        raise DamagedImageError(
            f'truncated or damaged: its header tells {width}x{height} '
            f'pixels, which its {available} bytes cannot hold'
        )
    if width * height > MAX_PIXELS:
        raise DamagedImageError(
            f'it has {width}x{height} pixels, and more than {MAX_PIXELS} are '
            'not read: cut it into tiles'
        )
