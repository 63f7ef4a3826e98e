"""Finds the configs that come with the package, in a wheel and a checkout."""

from difflib import get_close_matches
from pathlib import Path

PACKAGE = Path(__file__).parent


def config_root() -> Path:
    """Path: The folder ``configs``, installed or of a checkout.

    Raises:
        FileNotFoundError: If the package was installed without it.
    """
    candidates = PACKAGE / '.mim' / 'configs', PACKAGE.parent / 'configs'
    for folder in candidates:
        if (folder / '_base_').is_dir():
            return folder.resolve()
    raise FileNotFoundError(
        f'infmae_mm has no configs: neither {candidates[0]} nor '
        f'{candidates[1]} is a folder of them. Install it again, from a wheel '
        'or with pip install -e.'
    )


def config_files() -> list[Path]:
    """List[Path]: Every config that can be run, sorted by path."""
    root = config_root()
    return sorted(
        path
        for path in root.rglob('*.py')
        # plans of comparisons are no configs of a run
        if not {'_base_', 'compare'} & {*path.relative_to(root).parts}
    )


def find_config(name: str) -> str:
    """Find a config by its name.

    Args:
        name (str): The file's name, with or without ``.py``, and with or
            without its folder: ``'infmae-base_upernet_custom'``.

    Returns:
        str: The absolute path, for ``Config.fromfile`` and the launchers.

    Raises:
        LookupError: If there is no such config, or several; the message has
            the nearest names.
    """
    wanted = name.removesuffix('.py').removeprefix('configs/')
    files = config_files()
    found = [
        path
        for path in files
        if wanted in (path.stem, f'{path.parent.name}/{path.stem}')
    ]
    if len(found) == 1:
        return str(found[0])
    if found:
        raise LookupError(
            f'{name!r} is the name of several configs, say the folder too: '
            + ', '.join(f'{path.parent.name}/{path.stem}' for path in found)
        )
    stems = [path.stem for path in files]
    close = get_close_matches(Path(wanted).name, stems, cutoff=0.4)
    raise LookupError(
        f'infmae_mm has no config {name!r}. '
        + (f'The nearest are {", ".join(close)}. ' if close else '')
        + 'All of them: python -m infmae_mm configs'
    )
