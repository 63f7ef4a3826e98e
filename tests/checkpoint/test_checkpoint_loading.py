"""Loading pre-trained weights: completely, or not at all."""

import argparse

import pytest
import torch
from mmengine.logging import MMLogger
from toy_authors import assert_restored, save

from infmae_mm.backbone import InfMAE
from infmae_mm.checkpoint import (
    CheckpointError,
    backbone_state_dict,
    from_authors,
    load_complete,
    load_pretrained,
    load_start,
)


@pytest.mark.parametrize('kind', ['authors', 'pretrain', 'backbone', 'model'])
def test_every_kind_is_restored_bit_for_bit(tmp_path, authors, kind):
    backbone = backbone_state_dict(authors)
    checkpoint = dict(
        authors={'model': authors, 'args': argparse.Namespace()},
        pretrain={'state_dict': from_authors(authors), 'meta': {}},
        backbone=backbone,
        model={
            'state_dict': {f'backbone.{n}': v for n, v in backbone.items()}
        },
    )[kind]
    path = save(tmp_path, checkpoint)
    model = InfMAE('tiny')
    report = load_pretrained(model, path)
    assert_restored(model, backbone)
    assert set(report.taken) == set(backbone)
    assert set(report.missing) == {
        f'downsample.{name}' for name in model.downsample.state_dict()
    }
    if kind == 'authors':
        assert 'decoder_pred.weight' in report.dropped
        assert 'patch_embed.proj.weight' in report.dropped
        assert set(report.dropped).isdisjoint(report.taken)


def test_init_cfg_restores_inside_a_model(tmp_path, authors):
    path = save(tmp_path, {'state_dict': from_authors(authors)})
    init_cfg = dict(type='Pretrained', checkpoint=str(path))
    model = InfMAE('tiny', init_cfg=init_cfg)
    model.init_weights()
    assert_restored(model, backbone_state_dict(authors))


def test_a_finetuned_backbone_brings_its_downsample(tmp_path):
    trained, model = InfMAE('tiny'), InfMAE('tiny')
    weights = {f'backbone.{n}': v for n, v in trained.state_dict().items()}
    path = save(tmp_path, {'state_dict': weights})
    report = load_pretrained(model, path)
    assert not report.missing
    assert not report.dropped
    assert_restored(model, trained.state_dict())


def test_prefix(tmp_path, authors):
    weights = backbone_state_dict(authors)
    named = {f'teacher.encoder.{n}': v for n, v in weights.items()}
    path = save(tmp_path, named | {'student.a': torch.ones(1)})
    model = InfMAE('tiny')
    with pytest.raises(CheckpointError, match='prefix'):
        load_pretrained(model, path)
    for prefix in ('teacher.encoder', 'teacher.encoder.'):
        report = load_pretrained(model, path, prefix=prefix)
        assert_restored(model, weights)
        assert report.dropped == ('student.a',)
    with pytest.raises(CheckpointError, match='0 of its'):
        load_pretrained(model, path, prefix='student')


def test_a_deeper_file_is_warned_of(tmp_path, caplog):
    arch = dict(embed_dims=(32, 48, 64), depths=(1, 1, 3), num_heads=4)
    path = save(tmp_path, InfMAE(arch).state_dict())
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    load_pretrained(InfMAE('tiny', out_indices=(0, 1)), path)
    assert 'deeper network' not in caplog.text
    load_pretrained(InfMAE('tiny'), path)
    logger.removeHandler(caplog.handler)
    assert 'deeper network: blocks3 (12)' in caplog.text


@pytest.mark.parametrize('load', [load_pretrained, load_start, load_complete])
def test_whole_numbers_are_no_weights(tmp_path, load):
    model = InfMAE('tiny')
    before = {n: v.clone() for n, v in model.state_dict().items()}
    weights = {n: (50 * v).to(torch.int8) for n, v in before.items()}
    path = save(tmp_path, weights)
    with pytest.raises(CheckpointError, match='quantised'):
        load(model, path)
    assert_restored(model, before)


def test_no_match_names_both_sides(tmp_path):
    path = save(tmp_path, {'layer1.conv.weight': torch.ones(3)})
    with pytest.raises(CheckpointError) as error:
        load_pretrained(InfMAE('tiny'), path)
    for text in (str(path), 'layer1.conv.weight', 'patch_embed1.proj.weight'):
        assert text in str(error.value)


def test_hardly_any_match_is_an_error_and_loads_nothing(tmp_path, authors):
    weights = backbone_state_dict(authors)
    half = dict(list(weights.items())[: len(weights) // 2])
    model = InfMAE('tiny')
    before = {n: v.clone() for n, v in model.state_dict().items()}
    with pytest.raises(CheckpointError, match='does not fit InfMAE'):
        load_pretrained(model, save(tmp_path, half))
    assert_restored(model, before)


def test_a_missing_weight_is_warned_of(tmp_path, authors, caplog):
    weights = backbone_state_dict(authors)
    del weights['blocks3.1.norm1.bias']
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    report = load_pretrained(InfMAE('tiny'), save(tmp_path, weights))
    logger.removeHandler(caplog.handler)
    assert 'blocks3.1.norm1.bias' in report.missing
    [warning] = [r for r in caplog.records if r.levelname == 'WARNING']
    assert 'blocks3.1.norm1.bias' in warning.getMessage()


@pytest.mark.slow
@pytest.mark.parametrize('arch', ['small', 'base'])
def test_another_arch_is_an_error(tmp_path, authors, arch):
    path = save(tmp_path, authors)
    with pytest.raises(CheckpointError, match=str(path)):
        load_pretrained(InfMAE(arch), path)


def test_another_shape_names_the_key_and_both_shapes(tmp_path, authors):
    weights = backbone_state_dict(authors)
    name = 'blocks3.0.attn.proj.weight'
    weights[name] = torch.zeros(64, 65)
    with pytest.raises(CheckpointError, match='other shapes') as error:
        load_pretrained(InfMAE('tiny'), save(tmp_path, weights))
    for text in (name, '[64, 65]', '[64, 64]'):
        assert text in str(error.value)


def test_one_channel_and_another_grid(tmp_path, authors):
    path = save(tmp_path, authors)
    model = InfMAE('tiny', in_channels=1, img_size=(96, 160))
    load_pretrained(model, path)
    summed = authors['patch_embed1.proj.weight'].sum(dim=1, keepdim=True)
    assert torch.equal(model.patch_embed1.proj.weight, summed)
    assert torch.equal(model.pos_embed, authors['pos_embed'])
    with torch.no_grad():
        assert model(torch.zeros(1, 1, 96, 160))[2].shape[-2:] == (6, 10)
