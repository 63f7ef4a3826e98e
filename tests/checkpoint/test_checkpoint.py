"""Reading, converting and loading checkpoints."""

import argparse
import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import MessageHub, MMLogger
from torch import nn

from infmae_mm.backbone import InfMAE
from infmae_mm.checkpoint import (
    CheckpointError,
    backbone_state_dict,
    extract_state_dict,
    from_authors,
    kind_of,
    load_complete,
    load_pretrained,
    load_start,
    read_checkpoint,
    to_authors,
)

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


@pytest.fixture
def authors():
    return tiny_authors()


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


# Reading


def test_reads_the_authors_file(tmp_path, authors):
    optimizer = torch.optim.AdamW([nn.Parameter(torch.ones(3))])
    optimizer.param_groups[0]['params'][0].grad = torch.ones(3)
    optimizer.step()
    path = save(
        tmp_path,
        dict(
            model=authors,
            optimizer=optimizer.state_dict(),
            epoch=400,
            scaler={'scale': 65536.0},
            args=argparse.Namespace(lr=1.5e-4, data_path='/data', gpu=0),
        ),
    )
    checkpoint = read_checkpoint(path)
    assert checkpoint['args'].lr == 1.5e-4
    state_dict = extract_state_dict(checkpoint)
    assert kind_of(state_dict) == 'authors'
    for name, value in authors.items():
        assert torch.equal(state_dict[name], value)


@pytest.mark.parametrize('zipped', [True, False])
def test_reads_mmengines_history(tmp_path, zipped):
    hub = MessageHub('test_checkpoint')
    for value in (3.0, 1.0):
        hub.update_scalar('train/loss', value)
    hub.update_scalar('train/lr', np.float64(0.5))
    hub.update_info('best', np.float32(2))
    hub.update_info('flags', np.array([True, False]))
    path = save(
        tmp_path,
        dict(state_dict={'a': torch.ones(2)}, message_hub=hub.state_dict()),
        _use_new_zipfile_serialization=zipped,
    )
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)
    scalars = read_checkpoint(path)['message_hub']['log_scalars']
    assert scalars['train/loss'].mean() == 2.0
    assert scalars['train/lr'].current() == 0.5


def test_reads_arrays_of_either_numpy(tmp_path):
    values = np.arange(5.0)
    path = save(tmp_path, dict(weights={}, values=values, x=np.float64(2)))
    other = tmp_path / 'other.pth'
    new, old = b'numpy._core.multiarray', b'numpy.core.multiarray'
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(other, 'w') as to:
        for item in source.namelist():
            content = source.read(item)
            if item.endswith('data.pkl'):
                here, there = (new, old) if new in content else (old, new)
                assert here in content
                content = content.replace(here, there)
            to.writestr(item, content)
    for file in (path, other):
        checkpoint = read_checkpoint(file)
        assert np.array_equal(checkpoint['values'], values)
        assert checkpoint['x'] == 2


class Attack:
    """Runs a function when it is unpickled."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize(
    'make',
    [
        lambda victim: Attack(os.mkdir, str(victim)),
        lambda victim: Attack(
            eval, f'__import__("os").mkdir({str(victim)!r})'
        ),
        lambda victim: Attack(getattr, np.ndarray, 'tofile'),
        lambda victim: Attack(getattr, argparse.Namespace, '__init__'),
    ],
)
def test_refuses_code(tmp_path, make, zipped):
    victim = tmp_path / 'victim'
    path = save(
        tmp_path,
        dict(state_dict={'a': torch.ones(2)}, extra=make(victim)),
        _use_new_zipfile_serialization=zipped,
    )
    with pytest.raises(CheckpointError, match='any code') as error:
        read_checkpoint(path)
    assert str(path) in str(error.value)
    assert not victim.exists()


def test_the_list_of_safe_objects_stays_local(tmp_path):
    path = save(tmp_path, dict(args=argparse.Namespace()))
    read_checkpoint(path)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)


@pytest.mark.parametrize('zipped', [True, False])
def test_truncated_files_are_named(tmp_path, authors, zipped):
    path = save(tmp_path, authors, _use_new_zipfile_serialization=zipped)
    whole = path.read_bytes()
    for size in (0, 1, 10, 1000, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(CheckpointError, match='not a complete') as error:
            read_checkpoint(path)
        assert str(path) in str(error.value)


@pytest.mark.parametrize(
    'content', [b'hello\n', b'\x89PNG\r\n\x1a\n' + bytes(99), bytes(500)]
)
def test_other_files_are_named(tmp_path, content):
    path = tmp_path / 'image.pth'
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match='image.pth'):
        read_checkpoint(path)


def test_random_bytes_raise_no_other_error(tmp_path):
    path = tmp_path / 'noise.pth'
    rng = np.random.default_rng(0)
    torch.save(
        {'a': torch.ones(3)}, path, _use_new_zipfile_serialization=False
    )
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    for _ in range(300):
        broken = whole.copy()
        broken[rng.integers(len(whole), size=3)] = rng.integers(256, size=3)
        path.write_bytes(broken.tobytes())
        try:
            read_checkpoint(path)
        except CheckpointError as error:
            assert str(path) in str(error)


def test_missing_files_and_folders(tmp_path):
    for path in (tmp_path / 'none.pth', tmp_path):
        with pytest.raises(CheckpointError, match='Cannot read') as error:
            read_checkpoint(path)
        assert str(path) in str(error.value)


@pytest.mark.parametrize(
    'address,named',
    [
        ('infmae-mm://tiny-thermal', 'Did you mean infmae_mm://'),
        ('hf://somebody/a.pth', 'hf://'),
        ('torchvision://resnet50', 'Download'),
    ],
)
def test_unknown_addresses_are_named(address, named):
    with pytest.raises(CheckpointError, match=named) as error:
        read_checkpoint(address)
    assert address in str(error.value)


def test_remote_files_go_through_mmengine(tmp_path, monkeypatch):
    import mmengine.fileio.backends.http_backend as http

    path = save(tmp_path, {'a': torch.ones(2)})
    monkeypatch.setattr(
        http.HTTPBackend, 'get', lambda self, url: path.read_bytes()
    )
    checkpoint = read_checkpoint('https://example.org/a.pth')
    assert torch.equal(checkpoint['a'], torch.ones(2))


def test_extract(tmp_path, authors):
    ddp = {f'module.{name}': value for name, value in authors.items()}
    for checkpoint in (
        authors,
        ddp,
        {'model': authors},
        {'state_dict': ddp, 'meta': {}},
        {f'_orig_mod.{name}': value for name, value in ddp.items()},
    ):
        assert extract_state_dict(checkpoint).keys() == authors.keys()
    for nothing in ({}, {'state_dict': {}}, {'epoch': 1, 'model': 'base'}):
        with pytest.raises(CheckpointError, match='no weights'):
            extract_state_dict(nothing)
    for other, named in (
        ({'model_state': authors}, "a.pth .* under 'model_state'"),
        (authors | {'epoch': 3}, 'a.pth .* none.*: epoch'),
    ):
        with pytest.raises(CheckpointError, match=named):
            extract_state_dict(other, 'a.pth')
    path = save(tmp_path, torch.ones(2))
    with pytest.raises(CheckpointError, match='holds a Tensor'):
        read_checkpoint(path)


# Converting


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


# Loading


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
