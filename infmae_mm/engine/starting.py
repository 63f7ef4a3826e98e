"""Where a training starts: afresh, from weights, or where it stopped."""

from pathlib import Path
from typing import NamedTuple

from mmengine.config import Config
from mmengine.dist import get_world_size
from mmengine.logging import print_log

from ..checkpoint import CheckpointError
from ..checkpoint.published import sha256
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
