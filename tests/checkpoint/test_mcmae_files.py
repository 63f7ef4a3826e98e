"""Files of MCMAE's classification, segmentation and detection code."""

import pytest
import torch

from infmae_mm import InfMAE
from infmae_mm.checkpoint import backbone_state_dict, load_pretrained
from infmae_mm.checkpoint.mcmae import mcmae_kind

DEPTH = 2  # of 'tiny', in stage 3


@pytest.fixture
def backbone():
    return InfMAE('tiny', img_size=64, out_indices=(0, 1, 2))


def classification(weights):
    more = {'fc_norm.weight': torch.ones(64), 'head.bias': torch.zeros(9)}
    return weights | more


def segmentation(weights):
    weights = {f'backbone.{name}': value for name, value in weights.items()}
    weights['backbone.fpn.0.weight'] = torch.randn(64, 64, 3, 3)
    weights['decode_head.conv_seg.bias'] = torch.zeros(9)
    for i in range(DEPTH):
        block = f'backbone.blocks3.{i}.'
        weights[f'{block}gamma_1'] = torch.rand(64) + 0.5
        weights[f'{block}gamma_2'] = torch.rand(64) + 0.5
        table = f'{block}attn.relative_position_bias_table'
        weights[table] = torch.zeros(49, 4)
    return weights


def detection(weights):
    weights = {f'backbone.bottom_up.{n}': v for n, v in weights.items()}
    bias = 'backbone.bottom_up.global_rel_pos_bias.'
    weights[f'{bias}relative_position_bias_table'] = torch.zeros(49, 4)
    weights['backbone.fpn_output2.bias'] = torch.zeros(9)
    return weights


@pytest.mark.parametrize('kind', [classification, segmentation, detection])
def test_every_weight_is_taken(tmp_path, backbone, kind):
    theirs = kind(backbone.state_dict())
    assert mcmae_kind(theirs) == kind.__name__
    taken = backbone_state_dict(theirs)
    assert taken.keys() == backbone.state_dict().keys()
    torch.save({'model': theirs}, tmp_path / 'theirs.pth')
    model = InfMAE('tiny', img_size=64, out_indices=(0, 1, 2))
    report = load_pretrained(model, tmp_path / 'theirs.pth')
    assert not report.missing
    for name, value in model.state_dict().items():
        assert torch.equal(value, taken[name]), name


def test_scales_become_part_of_the_weights(backbone):
    """The same maps as with each branch multiplied by its scale."""
    theirs = segmentation(backbone.state_dict())
    folded = InfMAE('tiny', img_size=64, out_indices=(0, 1, 2))
    folded.load_state_dict(backbone_state_dict(theirs))
    for i, block in enumerate(backbone.blocks3):
        for layer, gamma in ((block.attn, 'gamma_1'), (block.mlp, 'gamma_2')):
            scale = theirs[f'backbone.blocks3.{i}.{gamma}']
            layer.register_forward_hook(lambda m, x, y, s=scale: y * s)
    x = torch.randn(1, 3, 64, 64)
    for ours, expected in zip(folded(x), backbone(x), strict=True):
        torch.testing.assert_close(ours, expected)


def test_other_models_are_not_taken_for_mcmae(backbone):
    weights = backbone.state_dict()
    assert mcmae_kind(weights) is None
    assert mcmae_kind({f'backbone.{n}': v for n, v in weights.items()}) is None
