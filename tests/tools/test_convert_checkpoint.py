"""The command line of tools/convert_checkpoint.py."""

import argparse
import hashlib
import importlib.util
from pathlib import Path

import pytest
import torch

from infmae_mm import InfMAE
from infmae_mm.checkpoint import load_pretrained
from infmae_mm.pretrain import InfMAEPretrainer

TOOL = Path(__file__).parents[2] / 'tools' / 'convert_checkpoint.py'
DIMS, DECODER_DIMS = 64, 32


@pytest.fixture(scope='module')
def convert():
    spec = importlib.util.spec_from_file_location('convert_checkpoint', TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return lambda *args: tool.main([str(arg) for arg in args])


def build(masking='InformationAwareMasking'):
    return InfMAEPretrainer(
        backbone=dict(
            type='InfMAEPretrainEncoder',
            arch='tiny',
            img_size=64,
            masking=dict(type=masking),
        ),
        neck=dict(
            type='InfMAEPretrainDecoder',
            embed_dims=DIMS,
            decoder_embed_dims=DECODER_DIMS,
            decoder_num_heads=4,
            img_size=64,
        ),
        head=dict(type='InfMAEPretrainHead'),
    )


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build()


def save_authors(path, model):
    """A file as the authors' code writes it, from our model's weights."""
    weights = {
        name.removeprefix('backbone.').removeprefix('neck.'): value
        for name, value in model.state_dict().items()
        if name != 'backbone.masking.weight'
    }
    weights['patch_embed.proj.weight'] = torch.randn(DIMS, 3, 16, 16)
    weights['patch_embed.proj.bias'] = torch.randn(DIMS)
    optimizer = torch.optim.AdamW(model.parameters())
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    torch.save(
        dict(
            model=weights,
            optimizer=optimizer.state_dict(),
            args=argparse.Namespace(lr=1e-3),
        ),
        path,
    )
    return weights


def plain_load(path):
    return torch.load(path, weights_only=True)


def test_authors_to_ours_and_back(tmp_path, model, convert, capsys):
    theirs, ours, back = (tmp_path / f'{i}.pth' for i in range(3))
    weights = save_authors(theirs, model)
    convert(theirs, ours)
    output = capsys.readouterr().out
    assert "order='ascending'" in ' '.join(output.split())
    other = build()
    other.load_state_dict(plain_load(ours)['state_dict'], strict=True)
    for name, value in model.state_dict().items():
        if name != 'backbone.masking.weight':
            assert torch.equal(other.state_dict()[name], value), name

    convert(ours, back, '--to', 'authors')
    returned = plain_load(back)['model']
    assert returned.keys() == weights.keys()
    for name, value in weights.items():
        assert returned[name].shape == value.shape
        if not name.startswith('patch_embed.proj'):
            assert torch.equal(returned[name], value), name
    # The optimizer is gone: what is left is as large as the weights.
    size = sum(4 * v.numel() for v in weights.values())
    assert back.stat().st_size < 1.2 * size + 100_000


def test_pretraining_to_backbone(tmp_path, model, convert, capsys):
    source, backbone = tmp_path / 'epoch_1.pth', tmp_path / 'backbone.pth'
    text = "model = dict(backbone=dict(arch='tiny', type='InfMAE'))"
    checkpoint = dict(state_dict=model.state_dict(), optimizer={})
    torch.save(dict(checkpoint, meta=dict(cfg=text)), source)
    convert(source, backbone)
    checkpoint = plain_load(backbone)
    assert checkpoint['meta']['num_heads'] == 4
    fine = InfMAE('tiny', img_size=64, out_indices=(0, 1, 2))
    assert checkpoint['state_dict'].keys() == fine.state_dict().keys()
    report = load_pretrained(fine, backbone)
    assert not report.missing
    assert not report.dropped
    assert checkpoint['meta']['source'] == 'epoch_1.pth'
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    assert checkpoint['meta']['source_sha256'] == digest
    rows = [r.split() for r in capsys.readouterr().out.splitlines()]
    counts = {r[1]: int(r[3]) for r in rows if len(r) > 3 and r[3].isdigit()}
    total = len(model.state_dict())
    taken = len(fine.state_dict())
    assert counts == dict(taken=taken, dropped=total - taken, missing=0)


def test_missing_weights_are_counted(tmp_path, model, convert, capsys):
    source = tmp_path / 'part.pth'
    weights = model.state_dict()
    del weights['neck.mask_token'], weights['neck.decoder_norm.weight']
    torch.save({'state_dict': weights}, source)
    convert(source, tmp_path / 'full.pth', '--to', 'pretrain')
    output = capsys.readouterr().out
    assert 'mask_token' in output
    assert 'decoder_norm' in output
    assert '│ missing │ 2' in output


def test_random_masking_to_authors(tmp_path, convert, capsys):
    source, theirs = tmp_path / 'a.pth', tmp_path / 'b.pth'
    torch.save({'state_dict': build('RandomMasking').state_dict()}, source)
    convert(source, theirs, '--to', 'authors')
    assert 'patch_embed.proj.weight' not in plain_load(theirs)['model']
    assert 'is not written' in ' '.join(capsys.readouterr().out.split())


def test_detector_to_backbone(tmp_path, convert):
    source, backbone = tmp_path / 'a.pth', tmp_path / 'b.pth'
    weights = InfMAE('tiny').state_dict()
    detector = {f'backbone.{name}': value for name, value in weights.items()}
    detector['neck.lateral_convs.0.conv.weight'] = torch.ones(1)
    torch.save({'state_dict': detector}, source)
    convert(source, backbone)
    assert plain_load(backbone)['state_dict'].keys() == weights.keys()


def test_nothing_matches(tmp_path, convert):
    source = tmp_path / 'resnet.pth'
    torch.save({'layer1.0.conv1.weight': torch.ones(1)}, source)
    for to in ('pretrain', 'backbone', 'authors'):
        with pytest.raises(SystemExit, match='layer1'):
            convert(source, tmp_path / 'out.pth', '--to', to)
    assert [p.name for p in tmp_path.iterdir()] == ['resnet.pth']


def test_nothing_is_overwritten(tmp_path, model, convert):
    source, there = tmp_path / 'a.pth', tmp_path / 'b.pth'
    torch.save(model.state_dict(), source)
    there.write_text('precious')
    with pytest.raises(SystemExit, match='--force'):
        convert(source, there)
    assert there.read_text() == 'precious'
    with pytest.raises(SystemExit, match='one file'):
        convert(source, source, '--force')
    with pytest.raises(SystemExit, match='folder'):
        convert(source, tmp_path)
    convert(source, there, '--force')
    assert plain_load(there)['state_dict']
    assert len(list(tmp_path.iterdir())) == 2


def test_a_failed_write_leaves_the_old_file(
    tmp_path, model, convert, monkeypatch
):
    source, there = tmp_path / 'a.pth', tmp_path / 'b.pth'
    torch.save(model.state_dict(), source)
    there.write_text('precious')

    def full_disk(checkpoint, file):
        file.write(b'half')
        raise OSError('No space left on device')

    monkeypatch.setattr(torch, 'save', full_disk)
    with pytest.raises(OSError, match='No space'):
        convert(source, there, '--force')
    assert there.read_text() == 'precious'
    assert len(list(tmp_path.iterdir())) == 2


def test_unreadable_source(tmp_path, convert):
    source = tmp_path / 'a.pth'
    source.write_bytes(b'PK\x03\x04 cut')
    with pytest.raises(SystemExit, match='not a complete checkpoint'):
        convert(source, tmp_path / 'b.pth')
    with pytest.raises(SystemExit, match='Cannot read'):
        convert(tmp_path / 'none.pth', tmp_path / 'b.pth')
