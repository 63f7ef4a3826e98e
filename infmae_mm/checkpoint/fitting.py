"""What of the weights of a file fits a model, and what does not."""

import os
import re
from collections.abc import Iterable

from torch import nn

from .error import CheckpointError
from .names import StateDict
from .report import LoadReport, first_names

# Parameters of the model that must be in the file.
MIN_FOUND = 0.9
# In names: any number; and that of a layer in a list, which a part with a
# number of its own, such as a stage that is not built, is not.
NUMBER = re.compile(r'\d+')
INDEX = re.compile(r'(?<=\.)\d+(?=\.)')
OTHER_SHAPE = re.compile(r'size mismatch for (\S+): ([^\n]+)')


def load_weights(
    module: nn.Module, path: str | os.PathLike, weights: StateDict
) -> dict[str, str]:
    """Load weights; what torch says of those of another shape, by name.

    Raises:
        CheckpointError: If they are whole or complex numbers, or torch
            refuses them for anything but their shape.
    """
    own = module.state_dict()
    whole = [
        name
        for name, value in weights.items()
        if name in own
        and own[name].is_floating_point()
        and not value.is_floating_point()
    ]
    if whole:  # torch would take 0 to 255 for the weights
        raise CheckpointError(
            f'{path} holds whole or complex numbers in place of '
            f'{len(whole)} weights, as of a quantised network: '
            f'{first_names(whole)}. Take the file before quantisation.'
        )
    try:
        module.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        unfit = {
            name: f'{name}: {text.strip()}'
            for name, text in OTHER_SHAPE.findall(str(error))
        }
        if not unfit:
            raise CheckpointError(
                f'{path} does not fit {type(module).__name__}: {error}'
            ) from error
        return unfit
    except ValueError as error:
        raise CheckpointError(
            f'{path} does not fit {type(module).__name__}: {error}'
        ) from error
    return {}


def check_found(
    module: nn.Module,
    path: str | os.PathLike,
    report: LoadReport,
    optional: tuple[str, ...],
    hint: str,
) -> list[str]:
    """Names of required parameters that are absent.

    Raises:
        CheckpointError: If fewer than :data:`MIN_FOUND` of all are there.
    """
    wanted = [
        name
        for name, _ in module.named_parameters()
        if not name.startswith(optional)
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
            f'{first_names(report.dropped)}.\n'
            f'In the model, not in the file ({len(absent)}): '
            f'{first_names(absent)}.\n'
            f'Is it a checkpoint of another model or arch? {hint}'
        )
    return absent


def of_more_layers(
    module: nn.Module,
    dropped: Iterable[str],
    prefix: str = '',
    number: re.Pattern = NUMBER,
) -> list[str]:
    """Names that were dropped, of layers of which the module has fewer."""
    kinds = {number.sub('N', name) for name in module.state_dict()}
    return [
        name
        for name in dropped
        if number.sub('N', name.removeprefix(prefix)) in kinds
    ]
