"""Makes ``infmae_runtime.py``: modules of this package in one file.

The modules need no torch and no OpenMMLab package. Their code is taken as it
is, without the imports of each other, so that a computer without torch runs
the same reading, tables and pictures as ``tools/predict.py``.

Example:
    python -m infmae_mm.deploy.bundle FOLDER
"""

import ast
import sys
from pathlib import Path

from ..version import __version__
from .inputs import InputError
from .journal import write_whole

RUNTIME = 'infmae_runtime.py'
MODULES = (
    'thermal/orientation',
    'thermal/reading',
    'thermal/mapping',
    'drawing/text',
    'drawing/shapes',
    'drawing/classes',
    'drawing/boxes',
    'drawing/targets',
    'deploy/inputs',
    'deploy/journal',
    'deploy/results',
    'deploy/tiles',
    'deploy/frames',
    'deploy/writing',
    'deploy/prediction',
    'deploy/arguments',
    'deploy/preprocessing',
    'deploy/onnx_file',
    'deploy/onnx_predictor',
    'deploy/runtime',
)
"""What goes into the file, in this order; the last one has ``main``."""

_HEADER = f'''"""Runs what tools/export.py of infmae_mm {__version__} exported.

Needs numpy, opencv-python-headless and onnxruntime, and tifffile for TIFF:

    python {RUNTIME} model.onnx my_images --out found

Made of modules of infmae_mm by infmae_mm/deploy/bundle.py: change them, not
this file. Apache-2.0.
"""
'''


class BundleError(RuntimeError):
    """Modules that cannot stand in one file."""


def bundle() -> str:
    """The text of the file.

    Raises:
        BundleError: If two modules define one name, or one imports a module
            of this package that is not in the file.
    """
    root = Path(__file__).parents[1]
    imports: dict[str, None] = {}
    bodies, owners = [], {}
    for module in MODULES:
        path = root / f'{module}.py'
        source = path.read_text('utf-8')
        tree = ast.parse(source)
        lines = source.splitlines(keepends=True)
        drop: set[int] = set()
        for node in tree.body:
            if _is_docstring(node, tree):
                drop.update(range(node.lineno, node.end_lineno + 1))
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                drop.update(range(node.lineno, node.end_lineno + 1))
                if getattr(node, 'level', 0):
                    _check_inside(node, module)
                else:
                    imports.update(dict.fromkeys(_single_lines(node)))
            for name in _defined(node):
                if owners.setdefault(name, module) != module:
                    raise BundleError(
                        f'{owners[name]} and {module} both define {name}.'
                    )
        body = ''.join(
            line for i, line in enumerate(lines, 1) if i not in drop
        )
        bodies.append(f'# {"-" * 20} {module}.py\n\n{body.strip()}\n')
    head = '\n'.join(sorted(imports, key=lambda line: line.split()[1]))
    main = "if __name__ == '__main__':\n    sys.exit(main())\n"
    return '\n\n'.join([f'{_HEADER}\n{head}\n', *bodies, main])


def _is_docstring(node: ast.stmt, tree: ast.Module) -> bool:
    return node is tree.body[0] and ast.get_docstring(tree) is not None


def _check_inside(node: ast.ImportFrom, module: str) -> None:
    """See that a module of this package is in the file, further up."""
    parts = [*module.split('/')[:-1]]
    parts = parts[: len(parts) - node.level + 1]
    name = '/'.join([*parts, *node.module.split('.')])
    if name not in MODULES[: MODULES.index(module)]:
        raise BundleError(f'{module} imports {name}, which is not before it.')
    if any(alias.asname for alias in node.names):
        raise BundleError(f'{module} renames what it imports of {name}.')


def _single_lines(node: ast.Import | ast.ImportFrom) -> list[str]:
    start = 'import ' if isinstance(node, ast.Import) else ''
    if isinstance(node, ast.ImportFrom):
        start = f'from {node.module} import '
    return [f'{start}{ast.unparse(alias)}' for alias in node.names]


def _defined(node: ast.stmt) -> list[str]:
    """Names that a statement at the top of a module defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    targets = getattr(node, 'targets', [getattr(node, 'target', None)])
    names = [n for t in targets if t is not None for n in ast.walk(t)]
    return [name.id for name in names if isinstance(name, ast.Name)]


def write_runtime(folder: str | Path) -> Path:
    """Write the file into a folder, unless it is there already.

    Raises:
        InputError: If another file has its name.
    """
    path = Path(folder) / RUNTIME
    text = bundle()
    if not path.exists():
        write_whole(path, text.encode())
    elif path.read_text('utf-8', 'replace') != text:
        raise InputError(
            f'{path} is of another version: move it away, or choose another '
            'folder.'
        )
    return path


if __name__ == '__main__':
    if len(sys.argv) != 2:
        raise SystemExit('Give the folder to write to.')
    print(write_runtime(sys.argv[1]))
