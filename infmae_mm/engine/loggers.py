"""Logs that a training outlives: a full disk costs lines, not the run."""

import logging
from collections.abc import Callable
from typing import Any

from mmengine.logging import print_log
from mmengine.registry import VISBACKENDS
from mmengine.visualization import LocalVisBackend, TensorboardVisBackend


class _GoesOn:
    """Lets a backend of MMEngine fail to write, and try again."""

    _failed = False

    def add_config(self, *args: Any, **kwargs: Any) -> None:
        """Write a config, where there is room."""
        self._attempt(super().add_config, args, kwargs)

    def add_image(self, *args: Any, **kwargs: Any) -> None:
        """Write an image, where there is room."""
        self._attempt(super().add_image, args, kwargs)

    def add_scalar(self, *args: Any, **kwargs: Any) -> None:
        """Write a number, where there is room."""
        self._attempt(super().add_scalar, args, kwargs)

    def add_scalars(self, *args: Any, **kwargs: Any) -> None:
        """Write numbers, where there is room."""
        self._attempt(super().add_scalars, args, kwargs)

    def close(self) -> None:
        """Write what is left, where there is room."""
        self._attempt(super().close, (), {})

    def _attempt(self, write: Callable, args: tuple, kwargs: dict) -> None:
        try:
            write(*args, **kwargs)
        except OSError as error:
            if not self._failed:
                print_log(
                    f'{type(self).__name__} cannot write to '
                    f'{self._save_dir}: {error}. Training goes on, and so '
                    'does the log when there is room.',
                    logger='current',
                    level=logging.WARNING,
                )
            self._failed = True
            self._start_again()
        else:
            self._failed = False

    def _start_again(self) -> None:
        """Prepare for the next attempt."""


@VISBACKENDS.register_module()
class PatientLocalVisBackend(_GoesOn, LocalVisBackend):
    """``LocalVisBackend`` that a full disk does not stop."""


@VISBACKENDS.register_module()
class PatientTensorboardVisBackend(_GoesOn, TensorboardVisBackend):
    """``TensorboardVisBackend`` that a full disk does not stop.

    The thread that writes has died then: the next number opens another file,
    which TensorBoard shows as the same run.
    """

    def _start_again(self) -> None:
        self._env_initialized = False
