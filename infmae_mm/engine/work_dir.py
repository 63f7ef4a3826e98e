"""What a user owns is never overwritten: which folder a run may write to."""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from mmengine.config import Config, ConfigDict

from .processes import LaunchError
from .run_folder import LAST_VALIDATION, has_checkpoints

LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
"""Keys of the data loaders of a config."""

OURS = ('unreadable_images.txt', 'last_checkpoint', LAST_VALIDATION)


def folder_beside(checkpoint: str | os.PathLike, name: str) -> Path:
    """A folder beside a checkpoint; of an address, below ``work_dirs``.

    Args:
        checkpoint (str | os.PathLike): A file, or an address as
            ``https://host/epoch_1.pth``.
        name (str): Of the folder.

    Returns:
        Path: Such as ``work_dirs/epoch_1/NAME`` for that address.
    """
    path = os.path.expanduser(os.fspath(checkpoint))
    _, is_address, file = path.partition('://')
    if is_address:
        stem = PurePosixPath(file.partition('?')[0]).stem
        return Path('work_dirs', stem, name)
    return Path(path).parent / name


def dataset_configs(cfg: Config) -> Iterator[tuple[str, ConfigDict]]:
    """All datasets of the data loaders that have a ``data_root``.

    Args:
        cfg (Config): Of a run.

    Yields:
        tuple[str, ConfigDict]: The key of the loader, and a dataset of it,
        wrapped or not.
    """
    for key in LOADERS:
        for dataset in _with_data_root(cfg.get(key) or ConfigDict()):
            yield key, dataset


def _with_data_root(cfg: ConfigDict) -> Iterator[ConfigDict]:
    if 'data_root' in cfg:
        yield cfg
    for value in cfg.values():
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(item, ConfigDict):
                yield from _with_data_root(item)


def check_work_dir(cfg: Config, config_file: str) -> None:
    """Refuse a folder in which a run would harm what is there.

    Args:
        cfg (Config): With ``work_dir``.
        config_file (str): The config that the user gave.

    Raises:
        LaunchError: If the folder is a file, lies among the images of a
            dataset, cannot be written to, or holds files under names of ours
            that no run has left there.
    """
    folder = Path(cfg.work_dir)
    if problem := among_images(cfg, folder):
        raise LaunchError(f'--work-dir {folder} {problem}')
    dumped = folder / Path(config_file).name
    if dumped.resolve() == Path(config_file).resolve() and not _is_dump(
        dumped
    ):
        raise LaunchError(
            f'--work-dir {folder} is the folder of the config: a run would '
            f'overwrite {dumped.name} with the whole of what it inherits. '
            'Choose another folder.'
        )
    if not _is_of_a_run(folder):
        names = [Path(config_file).name, *OURS]
        theirs = [name for name in names if (folder / name).exists()]
        if theirs:
            raise LaunchError(
                f'--work-dir {folder}: a run would overwrite '
                f'{", ".join(theirs)} in it, which no run has written. Choose '
                'another folder.'
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LaunchError(f'--work-dir: {error}') from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise LaunchError(
            f'--work-dir {folder}: no permission to write there. Choose '
            'another folder.'
        )


def _is_of_a_run(folder: Path) -> bool:
    """Whether there are checkpoints, or the log folder of a run."""
    return has_checkpoints(folder) or any(
        re.fullmatch(r'\d{8}_\d{6}', path.name)
        for path in folder.glob('2*_*')
        if path.is_dir()
    )


def _is_dump(config: Path) -> bool:
    """Whether a config is as a run wrote it, and no one has changed it."""
    if not config.is_file():
        return False
    text = config.read_text(encoding='utf-8')
    return text == Config.fromfile(config).pretty_text


def among_images(cfg: Config, folder: Path) -> str | None:
    """Whether what a run draws there would be images of the next one.

    Args:
        cfg (Config): With data loaders.
        folder (Path): Where a run writes.

    Returns:
        str | None: How it lies among them.
    """
    work_dir = folder.resolve()
    for key, dataset in dataset_configs(cfg):
        for images in _image_folders(dataset, work_dir):
            if images in (work_dir, *work_dir.parents):
                return (
                    f'lies among the images of {key}, in {images}: what a '
                    'run draws would be read as images of it. Choose another '
                    'folder.'
                )
    return None


def _image_folders(dataset: ConfigDict, work_dir: Path) -> Iterator[Path]:
    """Where a dataset looks for images, and its root if a run writes there."""
    root = dataset.data_root
    if not isinstance(root, str) or not root or '://' in root:
        return
    root = Path(root).resolve()
    prefixes = dataset.get('data_prefix') or {}
    if isinstance(prefixes, str):  # of mmpretrain, which has images only
        prefixes = dict(img_path=prefixes)
    folders = [root / prefix for prefix in prefixes.values() if prefix]
    if root == work_dir or not (folders or dataset.get('ann_file')):
        yield root
    yield from folders
