"""Files inside tar archives: the shards of huge sets, WebDataset's too."""

import tarfile
from functools import cache
from pathlib import Path

from mmengine.fileio import BaseStorageBackend, register_backend

PREFIX = 'tar://'


def member_of(address: str) -> str:
    """The name inside the archive, or the path of what is in none."""
    if address.startswith(PREFIX):
        return address.removeprefix(PREFIX).partition('::')[0]
    return address


@cache
def _members(archive: str) -> dict[str, tuple[int, int]]:
    """Where the files of an archive lie: first byte and length, by name.

    Of an archive that was cut off, those before the cut.
    """
    found = {}
    try:
        with tarfile.open(archive, 'r:') as tar:
            for member in tar:
                if member.isreg():
                    found[member.name] = member.offset_data, member.size
    except tarfile.TarError as error:
        if not found:
            raise OSError(
                f'{archive} is no tar archive, or a compressed one, in which '
                f'nothing can be looked up ({error})'
            ) from error
    return found


@register_backend('tar', prefixes='tar')
class TarBackend(BaseStorageBackend):
    """Reads ``tar://NAME::ARCHIVE``: a file of an archive that is not packed.

    The form of the address is that of fsspec. An archive is gone through once
    in a process, at the first of its files; a file is then read where it lies,
    in any order and by many workers at once.
    """

    def get(self, filepath: str) -> bytes:
        """Read a file.

        Args:
            filepath (str): Its address; ``ARCHIVE`` is a local path.

        Raises:
            FileNotFoundError: If there is no such archive, or no such file
                in it.
            OSError: If it is no tar archive, or ends within the file.
        """
        name, archive = self._split(filepath)
        if name not in _members(archive):
            raise FileNotFoundError(f'{archive} holds no {name}')
        start, size = _members(archive)[name]
        with open(archive, 'rb') as file:
            file.seek(start)
            content = file.read(size)
        if len(content) < size:
            raise OSError(f'{archive} ends within {name}')
        return content

    def get_text(self, filepath: str, encoding: str = 'utf-8') -> str:
        """Read a file as text; see :meth:`get`."""
        return self.get(filepath).decode(encoding)

    def exists(self, filepath: str) -> bool:
        """Whether there is such a file in such an archive."""
        name, archive = self._split(filepath)
        return Path(archive).is_file() and name in _members(archive)

    @staticmethod
    def _split(filepath: str) -> tuple[str, str]:
        name, _, archive = str(filepath).removeprefix(PREFIX).partition('::')
        if not archive:
            raise FileNotFoundError(
                f'{filepath}: wanted is {PREFIX}NAME::ARCHIVE'
            )
        return name, archive
