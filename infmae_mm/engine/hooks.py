"""Hooks that watch over a run: its losses, its images, its weights."""

import os
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.dist import all_gather_object, all_reduce, is_main_process
from mmengine.hooks import Hook, LoggerHook
from mmengine.model import BaseTTAModel, is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from ..checkpoint import (
    CheckpointError,
    check_heads,
    extract_state_dict,
    load_complete,
    load_start,
)
from ..classes import check_order
from ..files import write_atomically


@HOOKS.register_module()
class PromptLoggerHook(LoggerHook):
    """MMEngine's hook, which also logs the first iteration of a start.

    50 iterations take minutes on a processor: a first line tells at once
    that the run works, its loss and its speed. The arguments are those of
    ``LoggerHook``.
    """

    _first = True

    def before_train(self, runner: Runner) -> None:
        super().before_train(runner)
        self._first = True

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        interval = self.interval
        if self._first:
            self._first, self.interval = False, 1
        super().after_train_iter(runner, batch_idx, data_batch, outputs)
        self.interval = interval


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Stop the run at a loss that is not finite.

    Every process stops at the same iteration, and the error names the images
    of each process whose loss was not finite. No checkpoint is saved after
    the step with that loss.

    The loss is read in every iteration. MMEngine's ``RuntimeInfoHook`` has
    read it just before, for the log, so that a GPU is not made to wait once
    more; several processes exchange one number.
    """

    # After RuntimeInfoHook, before anything is logged or saved.
    priority = 'ABOVE_NORMAL'

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict[str, torch.Tensor] | None = None,
    ) -> None:
        """Check the loss of an iteration.

        Args:
            runner (Runner): The runner of the training.
            batch_idx (int): Index of the batch in the loop.
            data_batch (dict): The batch; ``data_samples`` name the images.
            outputs (dict): The losses; ``loss`` is their sum.

        Raises:
            FloatingPointError: In all processes, if the loss of any process
                is NaN or infinite.
        """
        finite = bool(outputs['loss'].isfinite())
        found = torch.tensor(int(not finite))
        all_reduce(found, op='max')
        if not found:
            return
        losses = {k: v.item() for k, v in outputs.items()}
        paths = [] if finite else _image_paths(data_batch)
        reports = [
            f'process {rank}: {losses}\n  ' + '\n  '.join(paths)
            for rank, (finite, losses, paths) in enumerate(
                all_gather_object((finite, losses, paths))
            )
            if not finite
        ]
        raise FloatingPointError(
            f'The loss of iteration {runner.iter + 1} (epoch '
            f'{runner.epoch + 1}) is not finite; training stops. The '
            'checkpoints saved so far are not affected. Losses and images '
            'of the batch:\n' + '\n'.join(reports)
        )


@HOOKS.register_module()
class UnreadableImagesHook(Hook):
    """Report every image that could not be read, once.

    The dataset replaces such an image by another sample and notes its path
    in the sample's meta information, under ``unreadable``. This hook logs
    each path once over all workers, processes and epochs, with a running
    count, and lists them in ``unreadable_images.txt`` in the work directory,
    from where a resumed run knows them.

    Args:
        interval (int): Iterations between two reports. Defaults to 50.
    """

    def __init__(self, interval: int = 50) -> None:
        self.interval = interval
        self._reported: dict[str, None] = {}  # an ordered set
        self._found: dict[str, None] = {}

    def before_train(self, runner: Runner) -> None:
        """Read the images which a run before this one has reported."""
        file = self._file(runner)
        if runner._resume and file.is_file():
            lines = file.read_bytes().splitlines()
            self._reported = dict.fromkeys(map(os.fsdecode, lines))

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Collect from a batch; report every ``interval`` iterations."""
        self._collect(data_batch)
        if self.every_n_train_iters(runner, self.interval):
            self._report(runner)

    def after_train_epoch(self, runner: Runner) -> None:
        """Report what the last iterations of the epoch have found."""
        self._report(runner)

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Sequence | None = None,
    ) -> None:
        """Collect from a validation batch."""
        self._collect(data_batch)

    def after_val_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Report what validation has found."""
        self._report(runner)

    def _collect(self, data_batch: dict) -> None:
        for sample in data_batch['data_samples']:
            self._found.update(dict.fromkeys(sample.get('unreadable', ())))

    def _report(self, runner: Runner) -> None:
        found = all_gather_object(list(self._found))
        self._found.clear()
        known = len(self._reported)
        self._reported.update(dict.fromkeys(sum(found, [])))
        if len(self._reported) == known or not is_main_process():
            return
        paths = list(self._reported)
        for count, path in enumerate(paths[known:], known + 1):
            # repr: a name need not be valid UTF-8.
            runner.logger.warning(
                f'Unreadable image, replaced by another ({count} so far): '
                f'{path!r}'
            )
        lines = b''.join(os.fsencode(path) + b'\n' for path in paths)
        try:
            write_atomically(lines, self._file(runner))
        except OSError as error:  # the log has them all the same
            runner.logger.warning(f'The list was not written: {error}')

    @staticmethod
    def _file(runner: Runner) -> Path:
        return Path(runner.work_dir) / 'unreadable_images.txt'


class LoadedWeightsHook(Hook):
    """Stop when a loaded checkpoint does not fit the model.

    MMEngine loads the keys that match and warns about the others. A run that
    is resumed needs exactly those of the model, a test all of the model's, a
    training that starts from a file nearly all.

    Args:
        testing (bool): Whether the run is a test. Defaults to False.
    """

    def __init__(self, testing: bool = False) -> None:
        self.testing = testing

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare the weights of a checkpoint with the model's.

        Args:
            runner (Runner): The runner that loads.
            checkpoint (dict): The checkpoint, or a bare state dict.

        Raises:
            CheckpointError: If it does not fit.
        """
        model = runner.model
        if is_model_wrapper(model) or isinstance(model, BaseTTAModel):
            model = model.module
        path = runner._load_from
        weights = extract_state_dict(checkpoint)
        if runner._resume:
            _check_same(model, path, weights)
            check_heads(model, path, checkpoint)
        elif self.testing:
            load_complete(model, path, checkpoint)
            self._compare_classes(runner, checkpoint)
        else:
            load_start(model, path, checkpoint)

    @staticmethod
    def _compare_classes(runner: Runner, checkpoint: dict) -> None:
        """Warn where the classes learnt are not those that are measured.

        Raises:
            LabelError: If they are, in another order.
        """
        meta = checkpoint.get('meta') or {}
        learnt = (meta.get('dataset_meta') or {}).get('classes')
        dataset = runner.test_dataloader.dataset
        measured = getattr(dataset, 'metainfo', {}).get('classes')
        if learnt and measured and tuple(learnt) != tuple(measured):
            check_order(measured, learnt, 'the checkpoint learnt them')
            runner.logger.warning(
                f'The checkpoint was trained on the classes {tuple(learnt)}, '
                f'and is measured on {tuple(measured)}.'
            )


def _check_same(
    model: torch.nn.Module, path: str, weights: dict[str, torch.Tensor]
) -> None:
    expected, given = _shapes(model.state_dict()), _shapes(weights)
    if expected != given:
        differing = dict(expected.items() ^ given.items())
        raise CheckpointError(
            f'{path}, to resume from, is not a checkpoint of this model. '
            f'Differing: {_some(differing)}. To start a new run from its '
            f'weights, use --cfg-options load_from={path} in place of '
            '--resume.'
        )


def _shapes(state_dict: dict) -> dict[str, tuple]:
    return {k: tuple(v.shape) for k, v in state_dict.items()}


def _some(shapes: dict[str, tuple], count: int = 5) -> str:
    listed = [f'{k} {v}' for k, v in sorted(shapes.items())[:count]]
    if len(shapes) > count:
        listed.append(f'... ({len(shapes)} in all)')
    return ', '.join(listed)


def _image_paths(data_batch: dict) -> list[str]:
    return [
        str(sample.get('img_path', 'a sample without img_path'))
        for sample in data_batch['data_samples']
    ]
