"""Weights of MCMAE (ConvMAE-Base, MIT licence), whose encoder is InfMAE's.

Its pre-training and classification files carry InfMAE's names as they are.
Those of its segmentation and detection code have more: a scale behind each
attention and MLP, which is folded into the weights before it, and learnt
biases between positions, which InfMAE has no place for.
"""

import re
from collections.abc import Mapping

from torch import Tensor

DETECTOR = 'backbone.bottom_up.'
RELATIVE = ('relative_position_bias_table', 'relative_position_index')
# What the scale multiplies: the last layer of the branch.
SCALED = dict(gamma_1='attn.proj', gamma_2='mlp.fc2')
SCALE = re.compile(r'(.*blocks3\.\d+\.)(gamma_[12])$')


def mcmae_kind(state_dict: Mapping[str, Tensor]) -> str | None:
    """Tell whether weights are MCMAE's, and of which of its programs.

    Args:
        state_dict (Mapping[str, Tensor]): Any state dict.

    Returns:
        str | None: 'pre-training', 'classification', 'segmentation' or
        'detection'; None where the names are not those of MCMAE.
    """
    names = state_dict.keys()
    if f'{DETECTOR}patch_embed1.proj.weight' in names:
        return 'detection'
    own = 'backbone.patch_embed1.proj.weight' in names
    if own and any(name.startswith('backbone.fpn.') for name in names):
        return 'segmentation'
    if 'patch_embed1.proj.weight' not in names:
        return None
    if 'mask_token' in names and 'patch_embed.proj.weight' not in names:
        return 'pre-training'
    if any(name.startswith(('fc_norm.', 'head.')) for name in names):
        return 'classification'
    return None


def as_infmae(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give MCMAE's weights the form of InfMAE's; others stay as they are.

    Args:
        state_dict (Mapping[str, Tensor]): Any state dict.

    Returns:
        dict[str, Tensor]: A detector's encoder under ``backbone.``, and
        scales folded into the layers that they follow: same function. What
        InfMAE does not have keeps its name.
    """
    weights = {
        f'backbone.{name.removeprefix(DETECTOR)}'
        if name.startswith(DETECTOR)
        else name: value
        for name, value in state_dict.items()
    }
    for name in list(weights):
        scale = SCALE.match(name)
        if scale is None:
            continue
        layer = f'{scale[1]}{SCALED[scale[2]]}'
        gamma = weights.pop(name)  # (C,)
        weights[f'{layer}.weight'] = (
            weights[f'{layer}.weight'] * gamma[:, None]
        )
        weights[f'{layer}.bias'] = weights[f'{layer}.bias'] * gamma
    return weights
