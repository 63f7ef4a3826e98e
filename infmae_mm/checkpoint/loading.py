"""Loading pre-trained weights strictly.

Weights are loaded completely or not at all: nobody shall fine-tune from
random weights believing that they were pre-trained.
"""

import logging
import os
import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from mmengine.logging import print_log
from torch import nn

from .error import CheckpointError
from .names import (
    AUTHORS_SCORE,
    BACKBONE,
    SCORE_FILTER,
    encoder_state_dict,
)
from .reading import extract_state_dict, read_checkpoint

# Parameters of the model that must be in the file.
MIN_FOUND = 0.9
# Parts of the model that a pre-training file need not have.
OPTIONAL = ('downsample.', 'masking.')


class LoadReport(NamedTuple):
    """What became of the weights of a file and of a model.

    Attributes:
        taken (tuple[str, ...]): Names that were loaded, as in the model.
        dropped (tuple[str, ...]): Names of the file that were not used.
        missing (tuple[str, ...]): Names of the model that the file lacks;
            they keep their initial values.
    """

    taken: tuple[str, ...]
    dropped: tuple[str, ...]
    missing: tuple[str, ...]


def load_pretrained(
    module: nn.Module, path: str | os.PathLike, prefix: str | None = None
) -> LoadReport:
    """Load a backbone, or the encoder of pre-training, from a checkpoint.

    Every name that both sides have is restored bit for bit, but for what the
    modules adapt themselves: 3-channel filters in a model of one channel, and
    a position embedding of another grid. At least 90 % of the parameters,
    ``downsample.*`` and ``masking.*`` aside, must be in the file; a warning
    names those that are not.

    Args:
        module (nn.Module): ``InfMAE`` or ``InfMAEPretrainEncoder``.
        path (str | os.PathLike): A pre-training checkpoint of ours or the
            authors', a segmentor's, a detector's, or a backbone-only file.
        prefix (str, optional): Where the backbone is in the file, such as
            'teacher.backbone.'. By default it is found by the names.

    Returns:
        LoadReport: What was taken, dropped, missing.

    Raises:
        CheckpointError: If the file cannot be read, if it does not fit, or if
            a shape differs.
    """
    state_dict = extract_state_dict(read_checkpoint(path))
    if prefix is None:
        weights = encoder_state_dict(state_dict)
        prefix = BACKBONE
    else:
        prefix = prefix if prefix.endswith('.') else f'{prefix}.'
        weights = {
            name.removeprefix(prefix): value
            for name, value in state_dict.items()
            if name.startswith(prefix)
        }
    own = module.state_dict()
    taken = {name: v for name, v in weights.items() if name in own}
    report = LoadReport(
        taken=tuple(taken),
        dropped=tuple(
            name
            for name in state_dict
            if name.removeprefix(prefix) not in taken
            and not (SCORE_FILTER in taken and name.startswith(AUTHORS_SCORE))
        ),
        missing=tuple(name for name in own if name not in taken),
    )
    absent = _check_found(module, path, report)
    try:
        module.load_state_dict(taken, strict=False)
    except (RuntimeError, ValueError) as error:
        raise CheckpointError(
            f'{path} has weights of other shapes than '
            f'{type(module).__name__}: it belongs to another arch or '
            f'embed_dims. {error}'
        ) from error
    _log(module, path, report, absent)
    return report


def _check_found(
    module: nn.Module, path: str | os.PathLike, report: LoadReport
) -> list[str]:
    """Names of required parameters that are absent; an error if too many."""
    wanted = [
        name
        for name, _ in module.named_parameters()
        if not name.startswith(OPTIONAL)
    ]
    missing = set(report.missing)
    absent = [name for name in wanted if name in missing]
    found = len(wanted) - len(absent)
    if found < MIN_FOUND * len(wanted):
        raise CheckpointError(
            f'{path} does not fit {type(module).__name__}: {found} of its '
            f'{len(wanted)} parameters are in the file, and '
            f'{MIN_FOUND:.0%} must be.\n'
            f'In the file, not in the model ({len(report.dropped)}): '
            f'{_first(report.dropped)}.\n'
            f'In the model, not in the file ({len(absent)}): '
            f'{_first(absent)}.\n'
            'Is it a checkpoint of another model or arch? If its names have '
            'a prefix, give it: init_cfg=dict(type="Pretrained", '
            'checkpoint=..., prefix="...").'
        )
    return absent


def _log(
    module: nn.Module,
    path: str | os.PathLike,
    report: LoadReport,
    absent: list[str],
) -> None:
    print_log(
        f'{type(module).__name__}: {len(report.taken)} weights taken from '
        f'{path}.\nDropped ({len(report.dropped)}): '
        f'{group_names(report.dropped)}.\nMissing ({len(report.missing)}), '
        f'initialised afresh: {group_names(report.missing)}.',
        logger='current',
    )
    if absent:
        print_log(
            f'{path} lacks {len(absent)} parameters, which start from '
            f'scratch: {", ".join(absent)}.',
            logger='current',
            level=logging.WARNING,
        )


def _first(names: Iterable[str], limit: int = 6) -> str:
    names = list(names)
    more = ', ...' if len(names) > limit else ''
    return (', '.join(names[:limit]) or 'none') + more


def group_names(names: Iterable[str]) -> str:
    """Names, counted by their module."""
    counts = Counter(
        re.split(r'\.\d+\.|\.(?:weight|bias)$', name)[0] for name in names
    )
    return ', '.join(f'{k} ({n})' for k, n in counts.items()) or 'none'
