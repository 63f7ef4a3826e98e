"""What a run has left in its work directory."""

import logging
import re
from pathlib import Path

from mmengine.logging import print_log

from ..checkpoint import CheckpointError, read_checkpoint
from ..checkpoint.reading import check_finite

# The iterations after which a run was validated last.
LAST_VALIDATION = 'last_validation'
RESUMABLE_KEYS = ('meta', 'state_dict', 'message_hub', 'optimizer')


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
            {f'optimizer.{index}.{k}': v for k, v in state.items()}, path
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


def is_validated(folder: Path, number: int, iteration: int) -> bool:
    """Whether a run was validated where it stands.

    Args:
        folder (Path): The work directory.
        number (int): Of the last checkpoint, in epochs or iterations.
        iteration (int): Iterations of that checkpoint.

    Returns:
        bool: True if the folder tells of that validation.
    """
    note = folder / LAST_VALIDATION
    if note.is_file() and note.read_text() == str(iteration):
        return True
    return any(
        re.fullmatch(rf'best_.*_(epoch|iter)_{number}', path.stem)
        for path in folder.glob('best_*.pth')
    )
