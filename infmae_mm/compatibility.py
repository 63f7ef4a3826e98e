"""Checks of the packages below this one.

Two families of the OpenMMLab packages share the same import folders: the
maintained forks (``onedl-*``) and the originals. Neither can be a hard
requirement of this package, so the versions are checked at import.
"""

from contextlib import suppress
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import NamedTuple

from packaging.specifiers import SpecifierSet


class Package(NamedTuple):
    """What is asked of one import folder.

    Attributes:
        distributions (tuple[str, ...]): Distributions that own the folder.
        wanted (str): Range of versions (PEP 440).
        install (tuple[str, ...]): Arguments of ``pip install``, one entry
            per way to get a fitting version.
    """

    distributions: tuple[str, ...]
    wanted: str
    install: tuple[str, ...]


PACKAGES = {
    # torch.serialization.safe_globals came with 2.5
    'torch': Package(('torch',), '>=2.5', ('torch==2.10.0',)),
    'mmengine': Package(
        ('onedl-mmengine', 'mmengine', 'mmengine-lite'),
        '>=0.10.7,<1.0',
        ('onedl-mmengine==0.10.12', 'mmengine==0.10.7'),
    ),
    'mmcv': Package(
        ('onedl-mmcv', 'mmcv', 'mmcv-lite'),
        '>=2.1,<2.4',
        (
            'onedl-mmcv==2.3.6 --no-build-isolation',
            'mmcv==2.1.0 --no-build-isolation',
        ),
    ),
    'mmpretrain': Package(
        ('onedl-mmpretrain', 'mmpretrain'),
        '>=1.2,<2.0',
        ('onedl-mmpretrain==1.3.6', 'mmpretrain==1.2.0'),
    ),
    'mmseg': Package(
        ('onedl-mmsegmentation', 'mmsegmentation'),
        '>=1.2,<2.0',
        ('onedl-mmsegmentation==1.4.2', 'mmsegmentation==1.2.2'),
    ),
    'mmdet': Package(
        ('onedl-mmdetection', 'mmdet'),
        '>=3.3,<4.0',
        ('onedl-mmdetection==3.5.1', 'mmdet==3.3.0'),
    ),
}


def check_versions(name: str, found: dict[str, str]) -> None:
    """Judge the distributions that were found for one import folder.

    Args:
        name (str): Import name, a key of :data:`PACKAGES`.
        found (dict[str, str]): Version of every installed distribution that
            owns the folder.

    Raises:
        ImportError: If there is none, more than one (they overwrite each
            other's files), or one with a version out of range.
    """
    package = PACKAGES[name]
    install = ' or '.join(f'`pip install {i}`' for i in package.install)
    if len(found) > 1:
        raise ImportError(
            f'{" and ".join(found)} are installed on top of each other: they '
            f'share the folder {name!r}, so either is broken. Remove both '
            f'with `pip uninstall {" ".join(found)}`, then install one: '
            f'{install}.'
        )
    if not found:
        raise ImportError(
            f'infmae_mm needs {name} {package.wanted}, which is not '
            f'installed. Install it with {install}.'
        )
    [(distribution, version)] = found.items()
    if not SpecifierSet(package.wanted).contains(version, prereleases=True):
        raise ImportError(
            f'infmae_mm needs {name} {package.wanted}, but {distribution} '
            f'{version} is installed. Install another with {install}.'
        )


def require(*names: str) -> None:
    """Check packages by their import name, before they are imported.

    Args:
        *names (str): Keys of :data:`PACKAGES`.

    Raises:
        ImportError: See :func:`check_versions`.
    """
    for name in names:
        found = {}
        for distribution in PACKAGES[name].distributions:
            with suppress(metadata.PackageNotFoundError):
                found[distribution] = metadata.version(distribution)
        if not found and find_spec(name) is not None:
            # a source tree on the path has no metadata
            found[name] = import_module(name).__version__
        check_versions(name, found)
