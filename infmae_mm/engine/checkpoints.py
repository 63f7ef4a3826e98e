"""Checkpoints that survive a kill at any moment, and resuming from them."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mmengine.dist import (
    broadcast_object_list,
    get_world_size,
    is_main_process,
)
from mmengine.fileio import LocalBackend, register_backend
from mmengine.hooks import CheckpointHook
from mmengine.registry import HOOKS
from mmengine.runner import EpochBasedTrainLoop, Runner

from ..files import write_atomically
from .run_folder import LAST_VALIDATION, is_validated


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

    A run that was killed between a checkpoint and its validation makes up for
    that validation when it is resumed.

    Checkpoints lie in the work directory, where ``--resume`` finds them,
    unless ``out_dir`` or ``filename_tmpl`` say otherwise: then it has to be
    told the file.

    Args:
        interval (int): Epochs, or iterations, from one checkpoint to the
            next; -1 for none but the last. Defaults to 1.
        by_epoch (bool): Whether ``interval`` counts epochs. Defaults to True.
        save_optimizer (bool): Whether to save the optimizer, without which a
            run cannot be resumed. Defaults to True.
        save_param_scheduler (bool): Whether to save the schedules. Defaults
            to True.
        out_dir (str, optional): Another folder than the work directory.
        max_keep_ckpts (int): Number of the last checkpoints to keep, at
            least 2, or -1 for all. Defaults to 3.
        save_last (bool): Whether to save at the end of the training in any
            case. Defaults to True.
        save_best (str | list[str], optional): The metrics by which the best
            weights are kept, without the optimizer. Defaults to None, no
            best ones.
        rule (str | list[str], optional): ``'less'`` or ``'greater'``: which
            value of the metric is better. Defaults to None, inferred from its
            name.
        greater_keys (Sequence[str], optional): Names of metrics whose rule is
            inferred as 'greater'.
        less_keys (Sequence[str], optional): Names of metrics whose rule is
            inferred as 'less'.
        filename_tmpl (str, optional): Name of a checkpoint, with ``{}`` for
            the number.
        backend_args (dict, optional): Where ``out_dir`` is no local folder,
            how to reach it. Defaults to None, atomic writes to local files.
        published_keys (str | list[str], optional): What is left in a copy of
            the last and the best checkpoint at the end. Defaults to None, no
            copy.
        save_begin (int): Number before which nothing is saved. Defaults to 0.

    Raises:
        ValueError: If ``max_keep_ckpts`` is 0 or 1, or ``interval`` is 0.
    """

    def __init__(
        self,
        interval: int = 1,
        by_epoch: bool = True,
        save_optimizer: bool = True,
        save_param_scheduler: bool = True,
        out_dir: str | None = None,
        max_keep_ckpts: int = 3,
        save_last: bool = True,
        save_best: str | list[str] | None = None,
        rule: str | list[str] | None = None,
        greater_keys: Sequence[str] | None = None,
        less_keys: Sequence[str] | None = None,
        filename_tmpl: str | None = None,
        backend_args: dict | None = None,
        published_keys: str | list[str] | None = None,
        save_begin: int = 0,
    ) -> None:
        if interval == 0:
            raise ValueError(
                'interval=0 of checkpoints: give a number of epochs or '
                'iterations, or -1 for none but the last.'
            )
        if max_keep_ckpts in (0, 1):
            raise ValueError(
                f'max_keep_ckpts={max_keep_ckpts}: keep at least 2 '
                'checkpoints, or -1 for all. The oldest is removed before '
                'the next is saved, so that 1 would at times be none.'
            )
        super().__init__(
            interval=interval,
            by_epoch=by_epoch,
            save_optimizer=save_optimizer,
            save_param_scheduler=save_param_scheduler,
            out_dir=out_dir,
            max_keep_ckpts=max_keep_ckpts,
            save_last=save_last,
            save_best=save_best,
            rule=rule,
            greater_keys=greater_keys,
            less_keys=less_keys,
            filename_tmpl=filename_tmpl,
            backend_args=backend_args or dict(backend='atomic'),
            published_keys=published_keys,
            save_begin=save_begin,
        )

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Note how many images a step sees: the schedule counts them."""
        checkpoint['meta']['total_batch_size'] = total_batch_size(runner)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Refuse to resume with another total batch size.

        The lr and the length of its schedule, in iterations, are restored
        from the checkpoint: both would be wrong.
        """
        before = checkpoint.get('meta', {}).get('total_batch_size')
        if not runner._resume or before is None:
            return
        now = total_batch_size(runner)
        if now != before:
            counts = accumulative_counts(runner)
            each, rest = divmod(before, get_world_size() * counts)
            advice = 'Use a number of processes which divides it'
            if not rest:
                advice = (
                    'To go on with the present number of processes, add '
                    f'--cfg-options train_dataloader.batch_size={each}'
                )
            accumulated = f', {counts} batches a step' if counts > 1 else ''
            raise ValueError(
                f'The run to resume saw {before} images per iteration, this '
                f'one would see {now} ({get_world_size()} process(es)'
                f'{accumulated}), and the learning-rate schedule would be '
                f'wrong. {advice}.'
            )

    def before_train(self, runner: Runner) -> None:
        """Look for the best checkpoint here, also if the folder was moved.

        Then make up for a validation that a kill has prevented.
        """
        super().before_train(runner)
        for key, path in self._best().items():
            if path:
                self._set_best(key, str(Path(self.out_dir) / Path(path).name))
        if runner._resume and _lacks_validation(runner):
            runner.logger.info(
                'The checkpoint was not validated before the run ended: that '
                'is done now.'
            )
            runner.val_loop.run()

    def after_val_epoch(self, runner: Runner, metrics: dict) -> None:
        """Save the new best checkpoint before the previous one is removed."""
        # MMEngine first removes the best checkpoint it knows of: none.
        previous = self._best()
        for key in previous:
            self._set_best(key, None)
        super().after_val_epoch(runner, metrics)
        for key, path in self._best().items():
            if path is None:
                self._set_best(key, previous[key])
            elif is_main_process():
                self._remove_other_best(Path(path))
        if runner.iter and is_main_process():
            with suppress(OSError):  # at worst, it is validated once more
                write_atomically(
                    str(runner.iter).encode(),
                    Path(runner.work_dir) / LAST_VALIDATION,
                )

    def _best(self) -> dict[str, str | None]:
        """The best checkpoint of each metric; MMEngine has two places."""
        if not self.save_best:
            return {}
        if len(self.key_indicators) == 1:
            return {self.key_indicators[0]: self.best_ckpt_path}
        return dict(self.best_ckpt_path_dict)

    def _set_best(self, key: str, path: str | None) -> None:
        if len(self.key_indicators) == 1:
            self.best_ckpt_path = path
        else:
            self.best_ckpt_path_dict[key] = path

    def _save_checkpoint_with_step(
        self, runner: Runner, step: int, meta: dict
    ) -> None:
        """Save a checkpoint in place of the oldest.

        MMEngine empties ``last_checkpoint`` before it writes it: killed in
        between, a run would have none.
        """
        if self.max_keep_ckpts > 0:
            self._make_way(step)
            runner.message_hub.update_info(
                'keep_ckpt_ids', list(self.keep_ckpt_ids)
            )
        name = self.filename_tmpl.format(step)
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        runner.save_checkpoint(
            self.out_dir,
            name,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
        )
        if is_main_process():
            write_atomically(
                self.last_ckpt.encode(),
                Path(runner.work_dir) / 'last_checkpoint',
            )

    def _make_way(self, step: int) -> None:
        """Remove the oldest checkpoint if another would be one too many."""
        kept = self.keep_ckpt_ids
        if kept and kept[-1] == step:  # saved again, after validation
            return
        if len(kept) == self.max_keep_ckpts:
            oldest = self.file_backend.join_path(
                self.out_dir, self.filename_tmpl.format(kept.popleft())
            )
            if is_main_process() and self.file_backend.isfile(oldest):
                self.file_backend.remove(oldest)
            elif is_main_process() and self.file_backend.isdir(oldest):
                self.file_backend.rmtree(oldest)  # of sharded weights
        kept.append(step)

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


def _lacks_validation(runner: Runner) -> bool:
    """Whether the loop would have validated where the run is now."""
    loop = runner.train_loop
    if runner.val_loop is None or not runner.iter:
        return False
    loop._decide_current_val_interval()
    by_epoch = isinstance(loop, EpochBasedTrainLoop)
    now = loop.epoch if by_epoch else loop.iter
    end = loop.max_epochs if by_epoch else loop.max_iters
    due = now >= loop.val_begin and (
        now % loop.val_interval == 0 or now == end
    )
    done = [is_validated(Path(runner.work_dir), now, runner.iter)]
    broadcast_object_list(done)
    return due and not done[0]


def accumulative_counts(runner: Runner) -> int:
    """Batches whose gradients make one step of the optimizer."""
    return (runner.cfg.get('optim_wrapper') or {}).get(
        'accumulative_counts', 1
    )


def total_batch_size(runner: Runner) -> int:
    """Images that one step of the optimizer sees, in all processes."""
    batch = runner.train_dataloader.batch_size
    if batch is None:  # with a batch sampler, as many configs of mmdet have
        batch = runner.cfg.train_dataloader.batch_size
    return batch * accumulative_counts(runner) * get_world_size()
