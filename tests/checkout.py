"""The files of this checkout, without caches and what builds leave."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ('configs', 'docs', 'infmae_mm', 'requirements', 'tests', 'tools')
# of an editable install, of Python, of editors
LEFT_OUT = ('.mim', '__pycache__', '.ipynb_checkpoints')


def files_below(*names: str) -> set[str]:
    """Paths of the files in folders of the checkout, relative to its root."""
    found = set()
    for name in names:
        for path in (ROOT / name).rglob('*'):
            parts = path.relative_to(ROOT).parts
            if path.is_file() and not set(parts) & set(LEFT_OUT):
                found.add('/'.join(parts))
    return found


def copy_checkout(folder: Path) -> Path:
    """Copy the checkout into ``folder``."""
    top = {path.name for path in ROOT.iterdir() if path.is_file()}
    for name in sorted(files_below(*FOLDERS) | top):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    return folder
