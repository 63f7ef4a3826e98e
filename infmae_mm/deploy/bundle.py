"""Makes ``infmae_runtime.py``: modules of this package in one file.

The file holds the source of :mod:`.runtime` and of every module of this
package that it needs, directly or not, as it is, and a loader for them. So
a computer without torch runs the same reading, tables and pictures as
``tools/predict.py``.

Example:
    python -m infmae_mm.deploy.bundle FOLDER
"""

import ast
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from ..version import __version__
from .inputs import InputError
from .journal import write_whole

RUNTIME = 'infmae_runtime.py'
_ROOT = Path(__file__).parents[1]
_START = 'deploy.runtime'
_SEAL = '# sha256 of the lines above: '

_HEADER = f'''"""Runs what tools/export.py of infmae_mm {__version__} exported.

Needs numpy, opencv-python-headless and onnxruntime, and tifffile for TIFF:

    python {RUNTIME} model.onnx my_images --out found

Made of modules of infmae_mm by infmae_mm/deploy/bundle.py: change them, not
this file. Apache-2.0.
"""

import sys
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader

PACKAGE = 'infmae_runtime_modules'
SOURCES = {{}}
'''

_FOOTER = f'''

class Loader(MetaPathFinder, InspectLoader):
    """Imports the modules above."""

    def find_spec(self, name, path=None, target=None) -> ModuleSpec | None:
        if name != PACKAGE and not name.startswith(f'{{PACKAGE}}.'):
            return None
        return spec_from_loader(name, self, is_package=self.is_package(name))

    def is_package(self, name: str) -> bool:
        return name.removeprefix(f'{{PACKAGE}}.') not in SOURCES

    def get_source(self, name: str) -> str:
        return SOURCES.get(name.removeprefix(f'{{PACKAGE}}.'), '')


sys.meta_path.append(Loader())

if __name__ == '__main__':
    from infmae_runtime_modules.{_START} import main

    sys.exit(main())
'''


class BundleError(RuntimeError):
    """A module that cannot stand in the file."""


def needed_modules() -> dict[str, str]:
    """Sources of the modules in the file, by names such as 'deploy.tiles'."""
    sources: dict[str, str] = {}
    waiting = [_START]
    while waiting:
        name = waiting.pop()
        if name in sources:
            continue
        sources[name] = _path(name).read_text('utf-8')
        waiting += _imported(name, sources[name])
    return dict(sorted(sources.items()))


def _path(name: str) -> Path:
    return _ROOT.joinpath(*name.split('.')).with_suffix('.py')


def _imported(name: str, source: str) -> Iterator[str]:
    """The modules of this package that one imports, at any place."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        package = name.split('.')[: -node.level]
        target = '.'.join([*package, *filter(None, [node.module])])
        if _path(target).is_file():
            yield target
            continue
        for alias in node.names:
            inner = f'{target}.{alias.name}'
            if not _path(inner).is_file():
                raise BundleError(
                    f'{name} imports {alias.name} of the package {target}: '
                    'import it from its module.'
                )
            yield inner


def bundle() -> str:
    """The text of the file.

    Raises:
        BundleError: If a module cannot stand in it.
    """
    parts = [_HEADER]
    for name, source in needed_modules().items():
        if "'''" in source:
            raise BundleError(f"{name} holds ''', which ends its source.")
        parts.append(f"\nSOURCES['{name}'] = r'''{source}'''\n")
    return ''.join([*parts, _FOOTER])


def write_runtime(folder: str | Path) -> Path:
    """Write the file into a folder, in place of one of another version.

    Raises:
        InputError: If another file has its name, or somebody changed it.
    """
    path = Path(folder) / RUNTIME
    if path.exists() and not _is_unchanged(path.read_text('utf-8', 'replace')):
        raise InputError(
            f'{path} is none that this wrote, or was changed: move it away, '
            'or choose another folder.'
        )
    text = bundle()
    write_whole(path, f'{text}{_SEAL}{_digest(text)}\n'.encode())
    return path


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _is_unchanged(text: str) -> bool:
    """Whether the digest in the last line is that of the lines before."""
    body, _, digest = text.rpartition(_SEAL)
    return digest.strip() == _digest(body)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        raise SystemExit('Give the folder to write to.')
    print(write_runtime(sys.argv[1]))
