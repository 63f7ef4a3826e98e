"""Loading a whole model: for a test, a prediction, a training."""

import pytest
import torch
from mmengine.logging import MMLogger
from torch import nn

from infmae_mm import InfMAE
from infmae_mm.checkpoint import (
    CheckpointError,
    load_complete,
    load_start,
    read_checkpoint,
)


class Segmentor(nn.Module):
    """A backbone and a head, with names as those of mmseg."""

    def __init__(self, classes=2, **backbone):
        super().__init__()
        self.backbone = InfMAE('tiny', **backbone)
        self.decode_head = nn.Sequential(
            nn.Conv2d(64, 64, 1), nn.BatchNorm2d(64), nn.Conv2d(64, classes, 1)
        )


def save(path, module):
    torch.save({'state_dict': module.state_dict(), 'meta': {}}, path)
    return path


def assert_equal(module, other):
    for name, value in other.state_dict().items():
        assert torch.equal(module.state_dict()[name], value), name


def test_all_weights_are_taken(tmp_path):
    trained, model = Segmentor(), Segmentor()
    path = save(tmp_path / 'a.pth', trained)
    report = load_complete(model, path)
    assert set(report.taken) == set(model.state_dict())
    assert not report.dropped
    assert not report.missing
    assert_equal(model, trained)


def test_a_model_may_adapt_what_it_loads(tmp_path):
    path = save(tmp_path / 'a.pth', Segmentor())
    model = Segmentor(in_channels=1, img_size=(96, 160))
    assert not load_complete(model, path).missing


def test_batch_counters_may_be_absent(tmp_path):
    weights = Segmentor().state_dict()
    del weights['decode_head.1.num_batches_tracked']
    torch.save(weights, tmp_path / 'a.pth')
    load_complete(Segmentor(), tmp_path / 'a.pth')


def test_a_backbone_is_not_a_segmentor(tmp_path):
    trained = Segmentor()
    path = tmp_path / 'a.pth'
    torch.save(
        {f'backbone.{n}': v for n, v in trained.backbone.state_dict().items()},
        path,
    )
    with pytest.raises(CheckpointError, match='decode_head') as error:
        load_complete(Segmentor(), path)
    assert str(path) in str(error.value)
    with pytest.raises(CheckpointError, match='init_cfg.checkpoint'):
        load_start(nn.ModuleList([Segmentor(), Segmentor()]), path)


def test_other_classes(tmp_path):
    """A test refuses them; a training leaves that layer as it is."""
    trained = Segmentor(classes=9)
    path = save(tmp_path / 'a.pth', trained)
    model = Segmentor(classes=2)
    with pytest.raises(CheckpointError, match='decode_head.2.bias'):
        load_complete(model, path)
    first = model.decode_head[2].weight.clone()
    report = load_start(model, path)
    assert set(report.missing) == {
        'decode_head.2.weight',
        'decode_head.2.bias',
    }
    assert report.missing == report.dropped
    assert torch.equal(model.decode_head[2].weight, first)
    assert torch.equal(
        model.decode_head[0].weight, trained.decode_head[0].weight
    )


def test_a_deeper_network_is_not_cut(tmp_path):
    arch = dict(embed_dims=(32, 48, 64), depths=(1, 1, 3), num_heads=2)
    path = save(tmp_path / 'a.pth', InfMAE(arch))
    arch = dict(arch, depths=(1, 1, 2))
    with pytest.raises(CheckpointError, match='deeper network'):
        load_complete(InfMAE(arch), path)


def test_parts_for_training_alone_may_be_in_the_file(tmp_path):
    trained = Segmentor()
    trained.auxiliary_head = nn.Conv2d(64, 2, 1)
    path = save(tmp_path / 'a.pth', trained)
    report = load_complete(Segmentor(), path)
    assert set(report.dropped) == {
        'auxiliary_head.weight',
        'auxiliary_head.bias',
    }


def test_the_authors_names_are_told(tmp_path):
    theirs = InfMAE('tiny').state_dict()
    theirs['decoder_pred.weight'] = torch.zeros(1)
    torch.save({'model': theirs}, tmp_path / 'a.pth')
    with pytest.raises(CheckpointError, match='convert_checkpoint'):
        load_complete(Segmentor(), tmp_path / 'a.pth')


@pytest.mark.parametrize('value', ['nan', 'inf', '-inf'])
@pytest.mark.parametrize('dtype', ['float32', 'float16', 'bfloat16'])
@pytest.mark.parametrize('key', ['state_dict', 'model', None])
def test_weights_that_are_not_finite(tmp_path, value, dtype, key):
    weights = {'fine': torch.ones(3), 'counter': torch.ones(1).long()}
    weights['bad.weight'] = torch.ones(4).to(getattr(torch, dtype))
    weights['bad.weight'][2] = float(value)
    path = tmp_path / 'a.pth'
    torch.save(weights if key is None else {key: weights}, path)
    with pytest.raises(CheckpointError, match='bad.weight') as error:
        read_checkpoint(path)
    assert 'NaN or infinite' in str(error.value)
    assert 'fine' not in str(error.value).removeprefix(str(path))


@pytest.mark.slow
def test_no_flipped_bit_changes_a_weight(tmp_path):
    """Each byte of a small file, one bit of it flipped."""
    path = tmp_path / 'a.pth'
    weights = {'a': torch.arange(20.0), 'b': torch.ones(3)}
    torch.save({'state_dict': weights}, path)
    content = path.read_bytes()
    refused = 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            read = read_checkpoint(path)['state_dict']
        except CheckpointError:
            refused += 1
        else:  # padding, times and the like
            assert read.keys() == weights.keys(), place
            for name, value in weights.items():
                assert torch.equal(read[name], value), place
    assert refused > len(content) // 2


def test_a_record_marked_as_folder_is_refused(tmp_path):
    """torch leaves its tensor unwritten."""
    path = tmp_path / 'a.pth'
    torch.save({'a': torch.ones(9)}, path)
    content = bytearray(path.read_bytes())
    record = content.rindex(b'PK\x01\x02', 0, content.rindex(b'data/0'))
    content[record + 38] |= 0x10
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match='data/0'):
        read_checkpoint(path)


def test_an_old_form_has_no_checksums(tmp_path, caplog):
    path = tmp_path / 'a.pth'
    torch.save(
        {'a': torch.ones(3)}, path, _use_new_zipfile_serialization=False
    )
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    assert torch.equal(read_checkpoint(path)['a'], torch.ones(3))
    logger.removeHandler(caplog.handler)
    assert 'without checksums' in caplog.text
