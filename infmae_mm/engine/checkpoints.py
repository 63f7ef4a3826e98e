"""Checkpoints that survive a kill at any moment, and resuming from them."""

import logging
import re
from pathlib import Path

from mmengine.dist import get_world_size, is_main_process
from mmengine.fileio import LocalBackend, register_backend
from mmengine.hooks import CheckpointHook
from mmengine.logging import print_log
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from ..checkpoint import CheckpointError, read_checkpoint
from ..checkpoint.reading import check_finite
from ..files import write_atomically

RESUMABLE_KEYS = ('meta', 'state_dict', 'message_hub', 'optimizer')


@register_backend('atomic')
class AtomicBackend(LocalBackend):
    """The local file backend of MMEngine with atomic writes."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes to a file, see :func:`write_atomically`."""
        write_atomically(obj, filepath)


@HOOKS.register_module()
class AtomicCheckpointHook(CheckpointHook):
    """Save checkpoints so that a complete one exists at any moment.

    MMEngine writes a checkpoint in place, and removes the oldest one and the
    previous best one before it saves the new one: killed in between, a run
    loses them. Here a file is written under another name first, the last
    checkpoints are at least two, and the previous best one goes last.

    Checkpoints lie in the work directory, where ``--resume`` finds them.

    Args:
        interval (int): Epochs, or iterations, from one checkpoint to the
            next. Defaults to 1.
        by_epoch (bool): Whether ``interval`` counts epochs. Defaults to True.
        max_keep_ckpts (int): Number of the last checkpoints to keep, at
            least 2, or -1 for all. Defaults to 3.
        save_best (str, optional): The metric by which the best weights are
            kept, without the optimizer. Defaults to None, no best ones.
        rule (str, optional): ``'less'`` or ``'greater'``: which value of the
            metric is better. Defaults to None, inferred from its name.

    Raises:
        ValueError: If ``max_keep_ckpts`` is 0 or 1.
    """

    def __init__(
        self,
        interval: int = 1,
        by_epoch: bool = True,
        max_keep_ckpts: int = 3,
        save_best: str | None = None,
        rule: str | None = None,
    ) -> None:
        if max_keep_ckpts in (0, 1):
            raise ValueError(
                f'max_keep_ckpts={max_keep_ckpts}: keep at least 2 '
                'checkpoints, or -1 for all. The oldest is removed before '
                'the next is saved, so that 1 would at times be none.'
            )
        super().__init__(
            interval=interval,
            by_epoch=by_epoch,
            max_keep_ckpts=max_keep_ckpts,
            save_best=save_best,
            rule=rule,
            backend_args=dict(backend='atomic'),
        )

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Note how many images an iteration sees: the schedule counts them."""
        checkpoint['meta']['total_batch_size'] = _total_batch_size(runner)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Refuse to resume with another total batch size.

        The lr and the length of its schedule, in iterations, are restored
        from the checkpoint: both would be wrong.
        """
        before = checkpoint.get('meta', {}).get('total_batch_size')
        if not runner._resume or before is None:
            return
        now = _total_batch_size(runner)
        if now != before:
            each, rest = divmod(before, get_world_size())
            advice = 'Use a number of processes which divides it'
            if not rest:
                advice = (
                    'To go on with the present number of processes, add '
                    f'--cfg-options train_dataloader.batch_size={each}'
                )
            raise ValueError(
                f'The run to resume saw {before} images per iteration, this '
                f'one would see {now} ({get_world_size()} process(es)), and '
                f'the learning-rate schedule would be wrong. {advice}.'
            )

    def before_train(self, runner: Runner) -> None:
        """Look for the best checkpoint here, also if the folder was moved."""
        super().before_train(runner)
        if self.save_best and self.best_ckpt_path:
            name = Path(self.best_ckpt_path).name
            self.best_ckpt_path = str(Path(self.out_dir) / name)

    def after_val_epoch(self, runner: Runner, metrics: dict) -> None:
        """Save the new best checkpoint before the previous one is removed."""
        if not self.save_best:
            return
        # MMEngine first removes the best checkpoint it knows of: none.
        previous, self.best_ckpt_path = self.best_ckpt_path, None
        super().after_val_epoch(runner, metrics)
        if self.best_ckpt_path is None:
            self.best_ckpt_path = previous
        elif is_main_process():
            self._remove_other_best(Path(self.best_ckpt_path))

    def _remove_other_best(self, best: Path) -> None:
        """Remove each best checkpoint of this metric but the given one.

        A kill may have left one that the run's state does not know of.
        """
        stem = re.sub(r'\d+$', '', best.stem)
        for path in best.parent.glob('*.pth'):
            if path != best and re.fullmatch(
                re.escape(stem) + r'\d+', path.stem
            ):
                path.unlink()


def read_resumable(path: str | Path) -> dict:
    """Read a checkpoint that training can go on from.

    Args:
        path (str or Path): The file.

    Returns:
        dict: The checkpoint, on the CPU.

    Raises:
        CheckpointError: As of :func:`.checkpoint.read_checkpoint`; if the
            file lacks the state of the run, or if that is not finite.
    """
    checkpoint = read_checkpoint(path)
    absent = [key for key in RESUMABLE_KEYS if key not in checkpoint]
    if absent:
        raise CheckpointError(
            f'{path} has no {", ".join(absent)}: it holds weights, but not '
            'the state of a run to go on with. To start a new run from its '
            f'weights, use --cfg-options load_from={path}'
        )
    for index, state in checkpoint['optimizer'].get('state', {}).items():
        check_finite(
            {f'optimizer {index} {k}': v for k, v in state.items()}, path
        )
    return checkpoint


def saved_checkpoints(folder: str | Path) -> list[Path]:
    """The checkpoints of a run, the latest first.

    Args:
        folder (str or Path): The work directory of the run.

    Returns:
        list[Path]: ``epoch_*.pth`` and ``iter_*.pth`` by falling number.
    """
    numbered = []
    for path in Path(folder).glob('*.pth'):
        match = re.fullmatch(r'(?:epoch|iter)_(\d+)', path.stem)
        if match:
            numbered.append((int(match[1]), path))
    return [path for _, path in sorted(numbered, reverse=True)]


def has_checkpoints(folder: str | Path) -> bool:
    """Whether a run has left checkpoints in a folder, best ones included."""
    best = Path(folder).glob('best_*.pth')
    return bool(saved_checkpoints(folder)) or any(best)


def latest_resumable(
    folder: str | Path,
) -> tuple[Path, dict] | None:
    """Find the latest complete checkpoint of a run.

    A file that is not complete is named in a warning and skipped for the one
    before.

    Args:
        folder (str or Path): The work directory of the run.

    Returns:
        tuple[Path, dict], optional: The file and its content, or None when
        the folder holds no checkpoint.

    Raises:
        CheckpointError: If there are checkpoints, but none is complete.
    """
    paths = saved_checkpoints(folder)
    for path in paths:
        try:
            return path, read_resumable(path)
        except CheckpointError as error:
            print_log(f'Skipped a checkpoint: {error}', level=logging.WARNING)
    if paths:
        raise CheckpointError(
            f'None of the {len(paths)} checkpoint(s) in {folder} can be '
            'resumed. Move them away to start afresh.'
        )
    return None


def _total_batch_size(runner: Runner) -> int:
    return runner.train_dataloader.batch_size * get_world_size()
