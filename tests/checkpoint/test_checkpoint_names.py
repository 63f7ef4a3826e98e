"""Names of weights: ours, the authors', and those of a backbone."""

import torch
from torch import nn
from toy_authors import names_of, shapes_of_authors

from infmae_mm.backbone import InfMAE
from infmae_mm.checkpoint import (
    backbone_state_dict,
    from_authors,
    kind_of,
    to_authors,
)


def test_round_trip_of_the_authors_names(authors):
    back = to_authors(from_authors(authors))
    assert back.keys() == authors.keys()
    for name, value in authors.items():
        if not name.startswith('patch_embed.proj'):
            assert torch.equal(back[name], value), name
    # From then on nothing changes, the score filter included.
    again = to_authors(from_authors(back))
    for name, value in back.items():
        assert torch.equal(again[name], value), name


def test_base_names_and_shapes():
    theirs = {
        name: torch.zeros(shape, device='meta')
        for name, shape in shapes_of_authors().items()
    }
    back = to_authors(from_authors(theirs))
    assert {n: list(v.shape) for n, v in back.items()} == shapes_of_authors()


def test_score_filter_gives_the_authors_order(authors):
    image = torch.randn(2, 1, 224, 224).expand(-1, 3, -1, -1)
    weight = authors['patch_embed.proj.weight'].double()
    theirs = nn.functional.conv2d(image.double(), weight, stride=16)
    theirs = theirs.mean(dim=1).flatten(1)
    score = from_authors(authors)['backbone.masking.weight']
    assert score.shape == (1, 1, 16, 16)
    assert score.dtype == torch.float32
    ours = nn.functional.conv2d(image[:, :1], score, stride=16).flatten(1)
    torch.testing.assert_close(ours.double(), theirs, rtol=1e-4, atol=1e-5)


def test_random_masking_has_no_score_filter(authors):
    ours = from_authors(authors)
    del ours['backbone.masking.weight']
    back = to_authors(ours)
    assert {n for n in authors if n not in back} == {
        'patch_embed.proj.weight',
        'patch_embed.proj.bias',
    }


def test_backbone_state_dict_of_every_kind(authors):
    wanted = names_of(InfMAE('tiny', out_indices=(0, 1, 2)))
    ours = from_authors(authors)
    backbone = backbone_state_dict(ours)
    segmentor = {f'backbone.{n}': v for n, v in backbone.items()}
    segmentor['backbone.downsample.conv.bias'] = torch.zeros(64)
    segmentor['neck.convs.0.weight'] = torch.zeros(1)
    for state_dict, kind, extra in (
        (authors, 'authors', set()),
        (ours, 'pretrain', set()),
        (backbone, 'backbone', set()),
        (segmentor, 'model', {'downsample.conv.bias'}),
    ):
        assert kind_of(state_dict) == kind
        assert set(backbone_state_dict(state_dict)) == wanted | extra
