"""Weights by the address ``infmae_mm://NAME``."""

import hashlib
import importlib
import json
import sys

import pytest
import torch
from mmengine.model import ExponentialMovingAverage

from infmae_mm import InfMAE
from infmae_mm.checkpoint import (
    CheckpointError,
    from_authors,
    load_pretrained,
    published_names,
    read_checkpoint,
)


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A folder of published weights, with one model in it."""
    path = tmp_path / 'tiny.pth'
    torch.save({'state_dict': InfMAE('tiny').state_dict()}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    entry = dict(file=path.name, sha256=digest, set='HIT-UAV')
    index = json.dumps({'infmae-tiny': entry})
    (tmp_path / 'index.json').write_text(index)
    monkeypatch.setattr('infmae_mm.checkpoint.published.WEIGHTS', tmp_path)
    return path


@pytest.mark.parametrize('name', ['infmae-tiny', 'infmae-tiny.pth'])
def test_a_name_is_a_file(weights, name):
    assert published_names() == ('infmae-tiny',)
    checkpoint = read_checkpoint(f'infmae_mm://{name}')
    model = InfMAE('tiny')
    report = load_pretrained(model, f'infmae_mm://{name}')
    assert not report.missing
    for key, value in checkpoint['state_dict'].items():
        assert torch.equal(model.state_dict()[key], value)


def test_init_cfg_takes_a_name(weights):
    address = 'infmae_mm://infmae-tiny'
    init_cfg = dict(type='Pretrained', checkpoint=address)
    model = InfMAE('tiny', init_cfg=init_cfg)
    model.init_weights()
    expected = read_checkpoint(weights)['state_dict']
    assert torch.equal(
        model.patch_embed1.proj.weight, expected['patch_embed1.proj.weight']
    )


def test_an_unknown_name_lists_the_known(weights):
    with pytest.raises(CheckpointError, match='no weights') as error:
        read_checkpoint('infmae_mm://infmae-tyni')
    assert 'Did you mean infmae_mm://infmae-tiny?' in str(error.value)
    with pytest.raises(CheckpointError, match='There are: infmae-tiny'):
        read_checkpoint('infmae_mm://zzz')


def test_a_damaged_file_is_refused(weights):
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(CheckpointError, match='damaged') as error:
        read_checkpoint('infmae_mm://infmae-tiny')
    assert str(weights) in str(error.value)
    weights.unlink()
    with pytest.raises(CheckpointError, match='Install infmae_mm again'):
        read_checkpoint('infmae_mm://infmae-tiny')


def test_what_ships_is_whole():
    """Each entry of the index of this repository, be there any."""
    for name in published_names():
        assert read_checkpoint(f'infmae_mm://{name}'), name


def test_the_module_of_before():
    sys.modules.pop('infmae_mm.conversion', None)
    with pytest.warns(UserWarning, match=r'called infmae_mm\.checkpoint now'):
        old = importlib.import_module('infmae_mm.conversion')
    assert old.from_authors is from_authors


@pytest.mark.parametrize('name', published_names())
def test_weights_are_averaged_from_the_start(name):
    # EMAHook copies the model before its weights are read
    start = dict(type='Pretrained', checkpoint=f'infmae_mm://{name}')
    model = InfMAE(name.split('-')[0], init_cfg=start)
    average = ExponentialMovingAverage(model, momentum=0.1)
    model.init_weights()
    average.update_parameters(model)
    image = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        for ours, averaged in zip(model(image), average(image), strict=True):
            assert torch.equal(ours, averaged)


def test_a_given_size_goes_before_that_of_the_start():
    start = dict(type='Pretrained', checkpoint='infmae_mm://tiny-thermal')
    assert InfMAE('tiny', init_cfg=start).grid == (8, 8)
    assert InfMAE('tiny', init_cfg=[start]).grid == (8, 8)
    assert InfMAE('tiny', img_size=64, init_cfg=start).grid == (4, 4)
    # what the file itself holds decides once it is read, and there is none
    absent = dict(type='Pretrained', checkpoint='infmae_mm://absent')
    for other in (None, absent, dict(absent, checkpoint=None)):
        assert InfMAE('tiny', init_cfg=other).grid == (14, 14)
