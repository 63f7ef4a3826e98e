"""Weights that this package carries, by the address ``infmae_mm://NAME``.

They lie in ``infmae_mm/weights/``, and ``index.json`` beside them says which
there are: ``{name: {"file": ..., "sha256": ..., "img_size": ...}}``. Further
keys of an entry are for people.
"""

import json
from difflib import get_close_matches
from pathlib import Path

from ..files import sha256
from .error import CheckpointError

SCHEME = 'infmae_mm://'
WEIGHTS = Path(__file__).parents[1] / 'weights'


def published_names() -> tuple[str, ...]:
    """Names of the weights that this package carries."""
    return tuple(_index())


def published_file(address: str) -> Path:
    """Find the file behind an address.

    Args:
        address (str): ``infmae_mm://NAME``, with or without ``.pth``.

    Returns:
        Path: The file, whose SHA-256 is that of the index.

    Raises:
        CheckpointError: If there is no such name, or the file is absent or
            is not the one that was published.
    """
    name = _name_of(address)
    index = _index()
    if name not in index:
        close = get_close_matches(name, index, n=1)
        hint = f' Did you mean {SCHEME}{close[0]}?' if close else ''
        raise CheckpointError(
            f'{address}: this package carries no weights of that name.{hint} '
            f'There are: {", ".join(index) or "none"}.'
        )
    path = WEIGHTS / index[name]['file']
    try:
        found = sha256(path)
    except OSError as error:
        raise CheckpointError(
            f'{address}: {error}. Install infmae_mm again.'
        ) from error
    if found != index[name]['sha256']:
        raise CheckpointError(
            f'{address}: {path} is damaged, or was replaced: its SHA-256 is '
            f'{found}, and {index[name]["sha256"]} was published. Install '
            'infmae_mm again.'
        )
    return path


def published_sha256(checkpoint: str) -> str | None:
    """SHA-256 of the weights behind an address.

    Args:
        checkpoint (str): ``infmae_mm://NAME``, or any other.

    Returns:
        str | None: Hexadecimal. None if this package carries none such.
    """
    if not checkpoint.startswith(SCHEME):
        return None
    return _index().get(_name_of(checkpoint), {}).get('sha256')


def published_img_size(
    init_cfg: dict | list[dict] | None,
) -> tuple[int, int] | None:
    """Size of the images that the weights named in ``init_cfg`` learnt.

    Args:
        init_cfg (dict | list[dict], optional): Of a module.

    Returns:
        tuple[int, int] | None: Height and width in pixels. None if it names
        no weights of this package.
    """
    configs = [init_cfg] if isinstance(init_cfg, dict) else init_cfg or []
    for address in (str(cfg.get('checkpoint')) for cfg in configs):
        if address.startswith(SCHEME):
            size = _index().get(_name_of(address), {}).get('img_size')
            return size and tuple(size)
    return None


def _name_of(address: str) -> str:
    return address.removeprefix(SCHEME).removesuffix('.pth')


def _index() -> dict[str, dict]:
    file = WEIGHTS / 'index.json'
    return json.loads(file.read_text()) if file.is_file() else {}
