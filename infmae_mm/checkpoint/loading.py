"""Loading pre-trained weights strictly.

Weights are loaded completely or not at all: nobody shall fine-tune from
random weights believing that they were pre-trained.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from .error import CheckpointError
from .fitting import INDEX, check_found, load_weights, of_more_layers
from .heads import check_heads
from .mcmae import as_infmae
from .names import (
    AUTHORS_SCORE,
    BACKBONE,
    SCORE_FILTER,
    StateDict,
    encoder_state_dict,
    kind_of,
)
from .reading import extract_state_dict, read_checkpoint
from .report import LoadReport, first_texts, group_names, log_report

# Parts of the model that a pre-training file need not have.
OPTIONAL = ('downsample.', 'masking.')
# Of BatchNorm: how many batches it has seen, which predictions do not need.
COUNTER = 'num_batches_tracked'


def load_pretrained(
    module: nn.Module,
    path: str | os.PathLike,
    prefix: str | None = None,
    rename: Callable[[StateDict], StateDict] | None = None,
    complete: bool = False,
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
        rename (Callable, optional): Gives the weights of a file under the
            names of other authors those of the module.
        complete (bool): Whether every weight of the module must be in the
            file, as for a prediction. Defaults to False.

    Returns:
        LoadReport: What was taken, dropped, missing.

    Raises:
        CheckpointError: If the file cannot be read, if it does not fit, if a
            shape differs, or the attention heads that its ``meta`` tells of.
    """
    checkpoint = read_checkpoint(path)
    state_dict = extract_state_dict(checkpoint, path)
    if rename is not None:
        state_dict = rename(state_dict)
    if prefix is None:
        state_dict = as_infmae(state_dict)
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
    absent = check_found(
        module,
        path,
        report,
        OPTIONAL,
        'If its names have a prefix, give it: init_cfg=dict('
        'type="Pretrained", checkpoint=..., prefix="...").',
    )
    if complete:
        _check_complete(module, path, report, prefix)
    if unfit := load_weights(module, path, taken):
        raise CheckpointError(
            f'{path} has weights of other shapes than '
            f'{type(module).__name__}: it belongs to another arch or '
            f'embed_dims. {first_texts(unfit.values())}'
        )
    check_heads(module, path, checkpoint)
    more = of_more_layers(module, report.dropped, prefix, INDEX)
    log_report(module, path, report, absent, more)
    return report


def _check_complete(
    module: nn.Module, path: str | os.PathLike, report: LoadReport, prefix: str
) -> None:
    problems = []
    if report.missing:
        problems.append(f'It lacks {group_names(report.missing)}.')
    more = of_more_layers(module, report.dropped, prefix)
    _refuse(module, path, problems, more)


def _refuse(
    module: nn.Module,
    path: str | os.PathLike,
    problems: list[str],
    more: list[str],
    hint: str = '',
) -> None:
    """Raise what speaks against a prediction, if anything does."""
    if more:
        problems.append(
            f'It is of a deeper network, with {group_names(more)} more.'
        )
    if problems:
        raise CheckpointError(
            f'{path} does not fit this {type(module).__name__}, and nothing '
            f'is computed from weights at random. {" ".join(problems)} {hint}'
        )


def load_complete(
    module: nn.Module,
    path: str | os.PathLike,
    checkpoint: Mapping[str, Any] | None = None,
) -> LoadReport:
    """Load a model for a test or a prediction: all of its weights, or none.

    Args:
        module (nn.Module): Any model: a segmentor, a detector, a classifier,
            one of pre-training.
        path (str | os.PathLike): Its checkpoint.
        checkpoint (Mapping, optional): What is in the file, where it is read
            already: all of it, or the weights alone, which tell less.

    Returns:
        LoadReport: What was taken, and what of the file was dropped.

    Raises:
        CheckpointError: If the file cannot be read; if a weight of the model
            is not in it, or not with its shape; if the file has more blocks
            of a kind than the model, or tells of other attention heads.
    """
    if checkpoint is None:
        checkpoint = read_checkpoint(path)
    state_dict = extract_state_dict(checkpoint, path)
    report, unfit = _load_by_name(module, path, state_dict)
    # torch itself adds the counters to files from before they existed
    missing = [n for n in report.missing if not n.endswith(COUNTER)]
    more = [n for n in report.dropped if n not in unfit]
    more = of_more_layers(module, more)
    problems = []
    if missing:
        problems.append(
            f'It lacks {len(missing)} of the {len(report.taken)} + '
            f'{len(missing)} weights: {group_names(missing)}.'
        )
    if unfit:
        problems.append(
            f'{len(unfit)} weights have another shape: '
            f'{first_texts(unfit.values())}'
        )
    hint = 'Give the config that the checkpoint was trained with.'
    if kind_of(state_dict) == 'authors':
        hint = (
            "It carries the authors' names: tools/convert_checkpoint.py "
            'gives it those of this project.'
        )
    _refuse(module, path, problems, more, hint)
    check_heads(module, path, checkpoint)
    return report


def load_start(
    module: nn.Module,
    path: str | os.PathLike,
    checkpoint: Mapping[str, Any] | None = None,
) -> LoadReport:
    """Load what a training starts from, as ``load_from`` of a config.

    Weights of another shape, such as a layer of other classes, are left as
    they are. At least 90 % of the parameters must be in the file and fit.

    Args:
        module (nn.Module): The whole model.
        path (str | os.PathLike): A checkpoint of its kind.
        checkpoint (Mapping, optional): What is in the file, where it is read
            already: all of it, or the weights alone, which tell less.

    Returns:
        LoadReport: What was taken, dropped, missing.

    Raises:
        CheckpointError: If the file cannot be read, or does not fit.
    """
    if checkpoint is None:
        checkpoint = read_checkpoint(path)
    state_dict = extract_state_dict(checkpoint, path)
    report, unfit = _load_by_name(module, path, state_dict)
    absent = check_found(
        module,
        path,
        report,
        (),
        'load_from wants a checkpoint of the whole model. Pre-trained weights '
        'for its backbone go to model.backbone.init_cfg.checkpoint.',
    )
    check_heads(module, path, checkpoint)
    more = [n for n in report.dropped if n not in unfit]
    more = of_more_layers(module, more, number=INDEX)
    log_report(module, path, report, absent, more)
    return report


def _load_by_name(
    module: nn.Module, path: str | os.PathLike, state_dict: StateDict
) -> tuple[LoadReport, dict[str, str]]:
    """Load what has the same name; and what has it, but another shape."""
    own = module.state_dict()
    unfit = load_weights(
        module, path, {n: v for n, v in state_dict.items() if n in own}
    )
    report = LoadReport(
        taken=tuple(n for n in state_dict if n in own and n not in unfit),
        dropped=tuple(n for n in state_dict if n not in own or n in unfit),
        missing=tuple(n for n in own if n not in state_dict or n in unfit),
    )
    return report, unfit
