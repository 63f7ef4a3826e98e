"""Where a training starts: afresh, from weights, or where it stopped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mmengine.config import Config
from mmengine.dist import get_world_size
from mmengine.logging import print_log

from ..checkpoint import CheckpointError, read_checkpoint
from ..files import sha256
from .processes import LaunchError, check_everywhere, decide_as_one
from .run_folder import (
    has_checkpoints,
    is_validated,
    latest_resumable,
    read_resumable,
)


class Start(NamedTuple):
    """The checkpoint that a run goes on from.

    Attributes:
        path (str): The file.
        epoch (int): Epochs that were trained.
        iteration (int): Iterations that were trained.
        digest (str, optional): SHA-256 of the file, where other processes
            have to find the same.
    """

    path: str
    epoch: int
    iteration: int
    digest: str | None


def set_start(cfg: Config, resume: str | None) -> bool:
    """Set where training starts, the same for all processes.

    Args:
        cfg (Config): Gets ``resume`` and ``load_from``.
        resume (str, optional): 'auto' for the latest complete checkpoint of
            the work directory, or the path of one. Defaults to None: a run
            that begins.

    Returns:
        bool: False if the run to resume is finished already.

    Raises:
        LaunchError: If the start is not possible, for any process.
    """
    if resume is None and cfg.get('resume'):
        resume = cfg.get('load_from') or 'auto'
    if resume is None:
        decide_as_one(lambda: _refuse_earlier_run(cfg))
        return True
    start = decide_as_one(lambda: _find_start(cfg, resume))
    cfg.resume = start is not None
    if start is None:
        print_log(
            f'--resume: no checkpoint in {cfg.work_dir}; training starts '
            'from the beginning.'
        )
        return True
    if start.digest is not None:
        check_everywhere(lambda: _check_same_file(start))
    cfg.load_from = start.path
    print_log(
        f'--resume: going on from {start.path} (epoch {start.epoch}, '
        f'iteration {start.iteration}).'
    )
    return not decide_as_one(lambda: _is_finished(cfg, start))


def check_weights(cfg: Config) -> None:
    """Look at the files that a training starts from, before any image.

    Args:
        cfg (Config): Of a training, whose start is set.

    Raises:
        LaunchError: If a file is missing or cannot be read, for any process;
            if the whole model has an ``init_cfg``, of which MMEngine takes
            whatever matches.
    """
    own = cfg.model.get('init_cfg')
    own = [own] if isinstance(own, dict) else own or []
    if any(c.get('type') == 'Pretrained' for c in own):
        raise LaunchError(
            'model.init_cfg: MMEngine would take what matches of that file, '
            'and be it nothing. Weights of the whole model go to load_from, '
            'those of its backbone to model.backbone.init_cfg.checkpoint.'
        )
    files = [
        node['checkpoint']
        for node in _dicts(cfg.model)
        if node.get('type') == 'Pretrained'
        and isinstance(node.get('checkpoint'), str)
        and '://' not in node['checkpoint']
    ]
    check_everywhere(lambda: _check_files(files, cfg))
    backbone = cfg.model.get('backbone') or {}
    frozen = backbone.get('frozen_stages', -1)
    starts = [*_dicts(backbone.get('init_cfg') or {})]
    if (
        backbone.get('type') in ('InfMAE', 'infmae_mm.InfMAE')
        and isinstance(frozen, int)
        and frozen >= 0
        and not cfg.get('load_from')
        and not any(c.get('checkpoint') for c in starts)
    ):
        print_log(
            f'Warning: frozen_stages={frozen} of the backbone freezes '
            'weights at random, which are never trained: neither '
            'model.backbone.init_cfg.checkpoint nor load_from names a file.'
        )


def _check_files(files: list[str], cfg: Config) -> None:
    for file in files:
        if not Path(file).expanduser().is_file():
            raise LaunchError(
                f'{file}, the checkpoint of an init_cfg of the model, is no '
                'file. Name another, such as by --cfg-options '
                'model.backbone.init_cfg.checkpoint=PATH, or None to start '
                'at random. docs/starts.md says where to get one.'
            )
    if cfg.get('load_from') and not cfg.get('resume'):
        read_checkpoint(cfg.load_from)


def _dicts(node: Any) -> Iterator[dict]:
    """A dict of a config, and all that are in it."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for item in node:
            yield from _dicts(item)


def _refuse_earlier_run(cfg: Config) -> None:
    if has_checkpoints(cfg.work_dir):
        raise LaunchError(
            f'{cfg.work_dir} has the checkpoints of an earlier run. Add '
            '--resume to go on with it, or --work-dir DIR to start a new '
            'run in another folder.'
        )


def _find_start(cfg: Config, resume: str) -> Start | None:
    hook = (cfg.get('default_hooks') or {}).get('checkpoint') or {}
    elsewhere = {'out_dir', 'filename_tmpl'} & {k for k in hook if hook[k]}
    if resume == 'auto' and elsewhere:
        raise LaunchError(
            f'--resume: the config sets {" and ".join(sorted(elsewhere))} of '
            'its checkpoints. Name the file: --resume PATH.'
        )
    try:
        if resume == 'auto':
            found = latest_resumable(cfg.work_dir)
        else:
            found = resume, read_resumable(resume)
    except CheckpointError as error:
        raise LaunchError(f'--resume: {error}') from error
    if found is None:
        return None
    path, checkpoint = found
    meta = checkpoint['meta']
    digest = None
    if get_world_size() > 1 and Path(path).is_file():
        digest = sha256(path)
    return Start(str(path), meta['epoch'], meta['iter'], digest)


def _check_same_file(start: Start) -> None:
    """Folders that machines do not share hold other files, or none."""
    if not Path(start.path).is_file():
        raise LaunchError(
            f'{start.path}, which the first process resumes from, is not '
            'there. All machines need one work directory: a shared folder, '
            'or the same file copied to each.'
        )
    if sha256(start.path) != start.digest:
        raise LaunchError(
            f'{start.path} is not the file which the first process resumes '
            'from. Copy that one to all machines.'
        )


def _is_finished(cfg: Config, start: Start) -> bool:
    if 'max_epochs' in cfg.train_cfg:
        number, end = start.epoch, cfg.train_cfg.max_epochs
    else:
        number, end = start.iteration, cfg.train_cfg.max_iters
    if number < end:
        return False
    validates = cfg.get('val_dataloader') and (
        cfg.train_cfg.get('val_begin', 1) <= number == end
    )
    return not validates or is_validated(
        Path(start.path).parent, number, start.iteration
    )
