"""How a run of predictions goes, whatever the network."""

from dataclasses import dataclass

import numpy as np

from .inputs import InputError


@dataclass(frozen=True)
class Settings:
    """How to predict, other than with which network.

    Attributes:
        batch_size (int): Images at once. Defaults to 1.
        workers (int): Threads that read, and as many that write.
        tile (int | None): Side of a tile in pixels; None: whole images.
        overlap (float): Of neighbouring tiles, a share of their side.
        pictures (bool): Whether to draw.
        temperature (tuple[float, float] | None): Scale and offset that make
            degrees Celsius of values.
    """

    batch_size: int = 1
    workers: int = 2
    tile: int | None = None
    overlap: float = 0.2
    pictures: bool = True
    temperature: tuple[float, float] | None = None

    def check(self, task: str) -> None:
        """Refuse what cannot be, and what nothing would follow.

        Raises:
            InputError: Saying which.
        """
        if self.batch_size < 1 or self.workers < 1:
            raise InputError('--batch-size and --workers must be 1 or more.')
        if not np.isfinite(self.temperature or ()).all():
            raise InputError('--temperature must be two finite numbers.')
        if self.temperature and task == 'classification':
            raise InputError(
                '--temperature is that of values in boxes, areas and targets: '
                'a table of classes has none.'
            )
        if self.tile is None:
            return
        if task not in ('detection', 'small_target'):
            raise InputError(
                f'--tile is for detection and small targets, not for {task}: '
                "a segmentor's sliding windows are test_cfg of its config."
            )
        if self.tile < 32 or not 0 <= self.overlap < 1:
            raise InputError(
                '--tile must be 32 or more, --overlap 0 or more and below 1.'
            )
