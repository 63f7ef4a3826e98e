"""Attention heads: the shapes of weights are the same for any number."""

import pytest
import torch
from mmengine.config import Config
from torch import nn

from infmae_mm import InfMAE
from infmae_mm.checkpoint import (
    CheckpointError,
    check_heads,
    heads_of_file,
    load_complete,
    load_pretrained,
    load_start,
)

TINY = dict(embed_dims=(32, 48, 64), depths=(1, 1, 2), num_heads=4)
OTHER = dict(TINY, num_heads=2)
REFUSED = 'num_heads=4.*num_heads=2.*give the arch'


class Model(nn.Module):
    def __init__(self, arch):
        super().__init__()
        self.backbone = InfMAE(arch)


def text_of(**backbone):
    backbone = dict(dict(type='InfMAE'), **backbone)
    cfg = dict(model=dict(type='EncoderDecoder', backbone=backbone))
    return Config(cfg).pretty_text


def save(folder, model, **meta):
    path = folder / 'a.pth'
    torch.save(dict(state_dict=model.state_dict(), meta=meta), path)
    return path


@pytest.mark.parametrize(
    'meta',
    [
        dict(num_heads=4),
        dict(cfg=text_of(arch=TINY)),
        dict(cfg=text_of(arch='tiny', type='infmae_mm.InfMAE')),
    ],
)
def test_another_number_of_heads_is_refused(tmp_path, meta):
    path = save(tmp_path, Model(TINY), **meta)
    for load in (load_start, load_complete):
        load(Model(TINY), path)
        with pytest.raises(CheckpointError, match=REFUSED) as error:
            load(Model(OTHER), path)
        assert str(path) in str(error.value)
    load_pretrained(InfMAE(TINY), path)
    with pytest.raises(CheckpointError, match=REFUSED):
        load_pretrained(InfMAE(OTHER), path)
    init_cfg = dict(type='Pretrained', checkpoint=str(path))
    with pytest.raises(CheckpointError, match=REFUSED):
        InfMAE(OTHER, init_cfg=init_cfg).init_weights()


@pytest.mark.parametrize(
    'meta',
    [
        {},
        dict(cfg=None),
        dict(cfg=3),
        dict(cfg=''),
        dict(cfg='model = dict('),
        dict(cfg='\0'),
        dict(cfg=f'x = {text_of(arch=TINY).split("=", 1)[1]}'),
        dict(cfg=text_of(arch=TINY, type='MyEncoder')),
        dict(cfg=text_of(arch='mine')),
        dict(cfg=text_of(arch=TINY, teacher=dict(type='InfMAE'))),
    ],
)
def test_where_nothing_tells_weights_are_taken(tmp_path, meta):
    path = save(tmp_path, Model(TINY), **meta)
    load_complete(Model(OTHER), path)


def test_the_default_arch_is_base():
    checkpoint = dict(meta=dict(cfg=text_of(img_size=64)))
    assert heads_of_file(checkpoint) == 12
    with pytest.raises(CheckpointError, match=r'a\.pth .*num_heads=12'):
        check_heads(Model(TINY), 'a.pth', checkpoint)
    check_heads(nn.Linear(3, 4), 'a.pth', checkpoint)


def test_code_in_the_text_is_not_run(tmp_path):
    file = tmp_path / 'ran'
    text = text_of(arch=TINY) + f"\nx = open({str(file)!r}, 'w')\n"
    assert heads_of_file(dict(meta=dict(cfg=text))) == 4
    assert not file.exists()
