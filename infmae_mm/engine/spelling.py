"""Misspelt keys of a config, found before anything is built."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from mmengine.config import Config, ConfigDict
from mmengine.registry import Registry

from .config_keys import (
    OPAQUE,
    REGISTRIES,
    SpellingError,
    allowed_keys,
    runner_keys,
)

__all__ = ['SpellingError', 'check_options', 'check_spelling']

# Read from the config by MMEngine, or by tools/test.py.
READ = ('custom_imports', 'tta_model', 'tta_pipeline')
# What stands for a name on top of a config, once the file was read.
BEHIND = {
    'base_lr': 'optim_wrapper.optimizer.lr',
    'checkpoint': 'model.backbone.init_cfg.checkpoint',
    'max_epochs': 'train_cfg.max_epochs',
    'max_iters': 'train_cfg.max_iters',
    'train_pipeline': 'train_dataloader.dataset.pipeline',
    'test_pipeline': 'test_dataloader.dataset.pipeline',
    'val_interval': 'train_cfg.val_interval',
}


def check_spelling(cfg: Config) -> None:
    """See that the types of a config take the keys they are given.

    Args:
        cfg (Config): The whole config.

    Raises:
        SpellingError: That names the first key that does not fit, where it
            is, and the nearest that does.
    """
    known = runner_keys()
    for key in cfg:
        close = get_close_matches(key, known, 1, cutoff=0.9)
        if key not in known and close:
            raise _error(key, close)
    for path, node, kinds in _walk(cfg):
        allowed = allowed_keys(path, node, kinds, cfg)
        if allowed is None:
            continue
        for key in node:
            if key not in allowed:
                raise _error(f'{path}.{key}', sorted(allowed))


def check_options(cfg: Config, options: dict) -> None:
    """See that options name what the config has, or what its types take.

    Args:
        cfg (Config): Without the options.
        options (dict): Values by dotted keys, as of ``--cfg-options``.

    Raises:
        SpellingError: If a key is neither, or only the file itself reads it.
    """
    known = {*cfg, *runner_keys()}
    for option in options:
        first, _, rest = option.partition('.')
        if first in cfg and first not in {*runner_keys(), *READ}:
            raise SpellingError(_read_already(first, rest, option))
        node, path, kind = cfg, '', None
        for part in option.split('.'):
            if isinstance(node, (list, tuple)):
                if not part.isdecimal() or int(part) >= len(node):
                    raise SpellingError(
                        f'--cfg-options {option}: {path} is a list of '
                        f'{len(node)}, counted from 0.'
                    )
                node = node[int(part)]
            elif not isinstance(node, (dict, Config)):
                break  # what is no dict becomes one
            elif part in node:
                node = node[part]
            else:
                allowed = known
                if path:
                    allowed = allowed_keys(path, node, kind, cfg)
                names = {*map(str, node), *(allowed or ())}
                close = get_close_matches(part, names)
                if allowed is None and not close:
                    break  # a dict that may hold anything
                if allowed is None or part not in allowed:
                    raise _error(
                        f'--cfg-options {option}: {path or "the config"}',
                        close or sorted(map(str, node)),
                        part,
                    )
                break
            path = f'{path}.{part}' if path else part
            inherited = None if OPAQUE.fullmatch(part) else kind
            kind = REGISTRIES.get(part, inherited)


def _read_already(name: str, rest: str, option: str) -> str:
    advice = 'Change it in a copy of the file.'
    if name == 'data_root':
        advice = 'The folder of images is --data-root.'
    elif name in BEHIND:
        wanted = '.'.join(filter(None, (BEHIND[name], rest)))
        advice = f'What counts is {wanted}.'
    return (
        f'--cfg-options {option}: {name} was used while the file was read, '
        f'and nothing reads it afterwards. {advice}'
    )


def _error(path: str, near: list[str], key: str | None = None) -> Exception:
    if key is None:
        where, _, key = path.rpartition('.')
        path = where or 'the config'
    near = get_close_matches(key, near, 3) or near[:8]
    return SpellingError(
        f'{path} has no {key!r}. Did you mean {", ".join(near)}?'
    )


def _walk(
    node: Any, path: str = '', kind: Registry | None = None
) -> Iterator[tuple[str, ConfigDict, Registry | None]]:
    """All dicts of a config, with their paths and registries."""
    if isinstance(node, (list, tuple)):
        for index, item in enumerate(node):
            yield from _walk(item, f'{path}.{index}', kind)
    elif isinstance(node, (ConfigDict, Config)):
        if path:
            yield path, node, kind
        for key, value in node.items():
            if not OPAQUE.fullmatch(str(key)) or key == 'paramwise_cfg':
                # only what the runner reads; configs have helpers beside it
                if not path and key not in runner_keys():
                    continue
                yield from _walk(
                    value,
                    f'{path}.{key}' if path else key,
                    REGISTRIES.get(key, kind),
                )
