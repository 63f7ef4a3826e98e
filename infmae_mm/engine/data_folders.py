"""Where the data of a config lie."""

import os
from collections.abc import Callable

from mmengine.config import Config, ConfigDict

from .processes import LaunchError
from .work_dir import dataset_configs

EVALUATORS = ('val_evaluator', 'test_evaluator')


def set_data_root(cfg: Config, data_root: str) -> None:
    """Set the folder of every dataset that has one, wrapped ones included.

    Args:
        cfg (Config): The config.
        data_root (str): The folder.

    Raises:
        LaunchError: If no dataset has one.
    """
    if not move_data(cfg, lambda _: data_root):
        raise LaunchError('--data-root: no dataset of the config has one.')


def move_data(cfg: Config, place: Callable[[str | None], str | None]) -> bool:
    """Give datasets other folders, and metrics their files there.

    Metrics of mmdet read the annotations once more, from a path that the
    config has joined to the folder when it was read.

    Args:
        cfg (Config): The config.
        place (Callable): Gets the ``data_root`` of a dataset, returns the
            new one.

    Returns:
        bool: Whether there is a dataset with a ``data_root``.
    """
    moved = {}
    datasets = list(dataset_configs(cfg))
    for _, dataset in datasets:
        before = dataset.data_root
        dataset.data_root = place(before)
        if isinstance(before, str) and before.strip('/'):
            moved[before.rstrip('/') + '/'] = dataset.data_root
    for key in EVALUATORS:
        metrics = cfg.get(key) or []
        for metric in [metrics] if isinstance(metrics, dict) else metrics:
            _follow(metric, moved)
    return bool(datasets)


def _follow(metric: ConfigDict, moved: dict[str, str]) -> None:
    for name, value in metric.items():
        if not isinstance(value, str):
            continue
        roots = [root for root in moved if value.startswith(root)]
        if roots:
            root = max(roots, key=len)
            rest = value.removeprefix(root).lstrip('/')
            metric[name] = os.path.join(moved[root], rest)
