"""Weights under the authors' names, and what tests do with them."""

import json
from pathlib import Path

import torch

DATA = Path(__file__).parents[1] / 'data'


def shapes_of_authors():
    record = json.loads((DATA / 'infmae_base_seed7.json').read_text())
    return record['state_dict_shapes']


def tiny_authors():
    """The authors' names with the sizes of arch='tiny'."""
    # One index for each size of 'base' in the order of the stages.
    sizes = {256: 32, 384: 48, 768: 64, 512: 40}
    sizes |= {4 * big: 4 * small for big, small in sizes.items()}
    sizes |= {3 * 768: 3 * 64, 3 * 512: 3 * 40}
    # 1536 is both four times 384 and three times 512.
    keep = ('blocks1.0.', 'blocks2.0.', 'blocks3.0.', 'blocks3.1.')
    weights = {}
    generator = torch.Generator().manual_seed(3)
    for name, shape in shapes_of_authors().items():
        if name.startswith('blocks') and not name.startswith(keep):
            continue
        shape = [sizes.get(n, n) for n in shape]
        if name.startswith('blocks2') and 'fc1' in name:
            shape[0] = 4 * 48
        if name.startswith('blocks2') and 'fc2.weight' in name:
            shape[1] = 4 * 48
        if name.startswith('decoder_blocks') and 'qkv' in name:
            shape[0] = 3 * 40
        if name.startswith('decoder_pred'):
            shape[0] = 768
        weights[name] = torch.randn(shape, generator=generator)
    return weights


def save(tmp_path, checkpoint, name='checkpoint.pth', **kwargs):
    path = tmp_path / name
    torch.save(checkpoint, path, **kwargs)
    return path


def assert_restored(module, weights):
    """Every weight is in the module, bit for bit."""
    own = module.state_dict()
    assert weights.keys() <= own.keys()
    for name, value in weights.items():
        assert torch.equal(own[name], value), name


def names_of(module):
    return set(module.state_dict())
