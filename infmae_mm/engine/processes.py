"""Several processes that decide as one, before a run begins."""

import os
from collections.abc import Callable
from typing import NoReturn, TypeVar

import torch
import torch.distributed
from mmengine.config import Config
from mmengine.dist import (
    all_gather_object,
    broadcast_object_list,
    get_world_size,
    init_dist,
    is_distributed,
    is_main_process,
)
from mmengine.utils.dl_utils import set_multi_processing

from ..checkpoint import CheckpointError

Answer = TypeVar('Answer')


class LaunchError(SystemExit):
    """A request that cannot be met: the message goes to the user."""


def join_processes(cfg: Config) -> None:
    """Connect the processes of a launcher, so that they can agree.

    MMEngine does this when the runner is built, after all decisions, and
    wants a GPU for each process.

    Args:
        cfg (Config): With ``launcher``; gets ``model_wrapper_cfg`` where the
            processes compute on CPUs.
    """
    if cfg.launcher == 'none':
        return
    if cfg.launcher == 'mpi':
        local_rank = os.environ['OMPI_COMM_WORLD_LOCAL_RANK']
        os.environ.setdefault('LOCAL_RANK', local_rank)
    on_cpus = cfg.launcher == 'pytorch' and not torch.cuda.is_available()
    if on_cpus:
        cfg.model_wrapper_cfg = dict(
            type='MMDistributedDataParallel',
            device_ids=None,
            broadcast_buffers=False,
            find_unused_parameters=cfg.get('find_unused_parameters', False),
        )
    if is_distributed():
        return
    env_cfg = cfg.get('env_cfg') or {}
    set_multi_processing(**env_cfg.get('mp_cfg', {}), distributed=True)
    if on_cpus:
        torch.distributed.init_process_group('gloo')
    else:
        init_dist(cfg.launcher, **env_cfg.get('dist_cfg', {}))


def decide_as_one(decide: Callable[[], Answer]) -> Answer:
    """Let the first process decide, and all of them hear.

    Args:
        decide (Callable): Called by the first process alone.

    Returns:
        Any: What it returned, in every process.

    Raises:
        LaunchError: In every process, if the first one raised it.
    """
    heard = [None, None]
    if is_main_process():
        try:
            heard[0] = decide()
        except LaunchError as error:
            heard[1] = str(error)
    broadcast_object_list(heard)
    answer, problem = heard
    if problem is not None:
        _stop(problem)
    return answer


def check_everywhere(check: Callable[[], None]) -> None:
    """Let every process check, and stop all of them if one complains.

    Args:
        check (Callable): Raises a ``LaunchError``, a ``CheckpointError`` or
            an ``OSError``.

    Raises:
        LaunchError: In every process, with what each of them says.
    """
    problem = None
    try:
        check()
    except (LaunchError, CheckpointError, OSError) as error:
        problem = str(error)
    problems = all_gather_object(problem)
    if get_world_size() == 1:
        problems = problems if problem else []
    else:
        problems = [
            f'process {rank}: {text}'
            for rank, text in enumerate(problems)
            if text
        ]
    if problems:
        _stop('\n'.join(problems))


def _stop(problem: str) -> NoReturn:
    # The threads of a group that is not closed abort the process at its end.
    if is_distributed():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()
    raise LaunchError(problem)
