"""Reading checkpoints: no code is run, nothing damaged is taken."""

import argparse
import os
import pickle
import zipfile

import numpy as np
import pytest
import torch
from mmengine.logging import MessageHub
from torch import nn
from toy_authors import save

from infmae_mm.checkpoint import (
    CheckpointError,
    extract_state_dict,
    kind_of,
    read_checkpoint,
)


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
