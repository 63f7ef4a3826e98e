"""Registries of the scope ``infmae_mm``.

The classes of this project are registered in the root registries of
MMEngine, so that every scope (mmseg, mmdet, mmpretrain) sees them by their
bare name once ``infmae_mm`` is imported. The child registries below give
them a second spelling that needs no import line: for
``type='infmae_mm.InfMAE'`` MMEngine imports this module, then the
``locations`` of the registry at hand, and finds the class in the root.

The pre-training models need mmpretrain and the models for small targets need
mmseg, so their packages are no locations here: a user with another one of
them can use the backbone.
"""

import functools
import importlib
import warnings
from collections.abc import Callable
from typing import Any

from mmengine.registry import DATASETS as MMENGINE_DATASETS
from mmengine.registry import HOOKS as MMENGINE_HOOKS
from mmengine.registry import LOOPS as MMENGINE_LOOPS
from mmengine.registry import METRICS as MMENGINE_METRICS
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmengine.registry import (
    OPTIM_WRAPPER_CONSTRUCTORS as MMENGINE_OPTIM_WRAPPER_CONSTRUCTORS,
)
from mmengine.registry import OPTIM_WRAPPERS as MMENGINE_OPTIM_WRAPPERS
from mmengine.registry import TRANSFORMS as MMENGINE_TRANSFORMS
from mmengine.registry import VISBACKENDS as MMENGINE_VISBACKENDS
from mmengine.registry import VISUALIZERS as MMENGINE_VISUALIZERS
from mmengine.registry import Registry

MODELS = Registry(
    'model',
    parent=MMENGINE_MODELS,
    scope='infmae_mm',
    locations=['infmae_mm'],
)
DATASETS = Registry(
    'dataset',
    parent=MMENGINE_DATASETS,
    scope='infmae_mm',
    locations=['infmae_mm.small_target', 'infmae_mm.thermal'],
)
TRANSFORMS = Registry(
    'transform',
    parent=MMENGINE_TRANSFORMS,
    scope='infmae_mm',
    locations=['infmae_mm.small_target', 'infmae_mm.thermal'],
)
HOOKS = Registry(
    'hook',
    parent=MMENGINE_HOOKS,
    scope='infmae_mm',
    locations=['infmae_mm.engine', 'infmae_mm.thermal'],
)
LOOPS = Registry(
    'loop',
    parent=MMENGINE_LOOPS,
    scope='infmae_mm',
    locations=['infmae_mm.engine'],
)
OPTIM_WRAPPERS = Registry(
    'optim_wrapper',
    parent=MMENGINE_OPTIM_WRAPPERS,
    scope='infmae_mm',
    locations=['infmae_mm.engine'],
)
OPTIM_WRAPPER_CONSTRUCTORS = Registry(
    'optimizer wrapper constructor',
    parent=MMENGINE_OPTIM_WRAPPER_CONSTRUCTORS,
    scope='infmae_mm',
    locations=['infmae_mm.engine'],
)
METRICS = Registry(
    'metric',
    parent=MMENGINE_METRICS,
    scope='infmae_mm',
    locations=['infmae_mm.small_target'],
)
VISUALIZERS = Registry(
    'visualizer',
    parent=MMENGINE_VISUALIZERS,
    scope='infmae_mm',
    locations=['infmae_mm.small_target'],
)
VISBACKENDS = Registry(
    'visualizer backend',
    parent=MMENGINE_VISBACKENDS,
    scope='infmae_mm',
    locations=['infmae_mm.engine'],
)


def register_old_name(registry: Registry, old: str, new: type) -> None:
    """Let configs use the name that a class had before, for one release.

    Args:
        registry (Registry): Where the class is registered under its new name.
        old (str): The name it had.
        new (type): The class; each use of the old name warns and names it.
    """

    @functools.wraps(new, updated=())
    def build(*args: Any, **kwargs: Any) -> Any:
        _warn_of_old_name(old, new.__name__)
        return new(*args, **kwargs)

    registry.register_module(name=old, module=build)


def old_names(module: str, names: dict[str, str]) -> Callable[[str], Any]:
    """A ``__getattr__`` by which a module knows names that it had before.

    Args:
        module (str): ``__name__`` of the module.
        names (dict[str, str]): New names by the old ones; with its module
            where that is another one.

    Returns:
        Callable: Of a name, for Python to call where it finds none; warns.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807
        if name not in names:
            raise AttributeError(
                f'module {module!r} has no attribute {name!r}'
            )
        _warn_of_old_name(name, names[name])
        place, _, new = names[name].rpartition('.')
        return getattr(importlib.import_module(place or module), new)

    return __getattr__


def _warn_of_old_name(old: str, new: str) -> None:
    warnings.warn(
        f'{old} is called {new} now; the old name goes with the next release.',
        stacklevel=3,
    )
