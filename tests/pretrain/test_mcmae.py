"""Parity with values recorded from MCMAE's published implementation."""

import importlib.util
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from infmae_mm.pretrain import InfMAEPretrainer

ROOT = Path(__file__).parents[2]
DATA = ROOT / 'tests' / 'data'


class FixedMasking(nn.Module):
    """The visible patches of the record."""

    def __init__(self, keep):
        super().__init__()
        self.keep = keep

    def forward(self, x):
        every = torch.arange(196)
        masked = [every[~torch.isin(every, ids)] for ids in self.keep]
        return self.keep, torch.stack(masked)


@pytest.fixture(scope='module')
def golden():
    record = json.loads((DATA / 'mcmae_base_seed31.json').read_text())
    with np.load(DATA / 'mcmae_base_seed31.npz') as arrays:
        record['arrays'] = {k: torch.from_numpy(v) for k, v in arrays.items()}
    return record


def mcmae_weights(golden):
    """The weights of the record, made by the rules of its README."""
    for name, shape in golden['state_dict_shapes'].items():
        if name in ('pos_embed', 'decoder_pos_embed'):
            continue
        seed = [golden['seed'], zlib.crc32(name.encode())]
        value = np.random.default_rng(seed).standard_normal(shape)
        value = value.astype(np.float32)
        if len(shape) > 1:
            value *= 1 / np.sqrt(np.prod(shape[1:]))
        elif name.endswith('.weight'):
            value = 1 + 0.1 * value
        else:
            value *= 0.1
        yield name, torch.from_numpy(value.astype(np.float32))


def batch(golden):
    n, g = golden['batch'], 224 // 7
    rng = np.random.default_rng([golden['seed'], 1])
    x = rng.standard_normal((n, 1, g, g)).astype(np.float32)
    x = np.kron(x, np.ones((1, 1, 7, 7), np.float32))
    x = x + 0.1 * rng.standard_normal((n, 1, 224, 224)).astype(np.float32)
    return torch.from_numpy(np.repeat(x, 3, axis=1).astype(np.float32))


@pytest.fixture(scope='module')
def model(golden, tmp_path_factory):
    """Our model with MCMAE's file, which the converter has converted."""
    model = InfMAEPretrainer(
        backbone=dict(
            type='InfMAEPretrainEncoder', masking=dict(type='RandomMasking')
        ),
        neck=dict(type='InfMAEPretrainDecoder', decoder_depth=8),
        head=dict(
            type='MAEPretrainHead',
            loss=dict(type='PixelReconstructionLoss', criterion='L2'),
        ),
    )
    weights = dict(mcmae_weights(golden))
    weights['pos_embed'] = model.backbone.pos_embed
    weights['decoder_pos_embed'] = model.neck.decoder_pos_embed
    folder = tmp_path_factory.mktemp('mcmae')
    torch.save({'model': weights}, folder / 'theirs.pth')
    tool = ROOT / 'tools' / 'convert_checkpoint.py'
    spec = importlib.util.spec_from_file_location('convert_checkpoint', tool)
    convert = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(convert)
    convert.main([str(folder / 'theirs.pth'), str(folder / 'ours.pth')])
    ours = torch.load(folder / 'ours.pth', weights_only=True)['state_dict']
    model.load_state_dict(ours, strict=True)
    model.backbone.masking = FixedMasking(golden['arrays']['keep'])
    return model


def test_mask_and_prediction(golden, model):
    result = model.reconstruct(batch(golden))
    assert torch.equal(result.mask, golden['arrays']['mask'])
    patches = result.image.unfold(2, 16, 16).unfold(3, 16, 16)
    # (B, C, rows, columns, 16, 16) to (B, N, 16 * 16 * C)
    pred = patches.permute(0, 2, 3, 4, 5, 1).flatten(3).flatten(1, 2)
    torch.testing.assert_close(
        pred[:, ::7, ::31], golden['arrays']['pred'], rtol=1e-4, atol=2e-5
    )


def test_loss_and_gradients(golden, model):
    loss = model.loss(batch(golden))['loss']
    assert loss.item() == pytest.approx(golden['loss'], rel=1e-6)
    model.zero_grad()
    loss.backward()
    norms = {
        name.split('.', 1)[1]: parameter.grad.norm().item()
        for name, parameter in model.named_parameters()
    }
    assert norms.keys() == golden['grad_norms'].keys()
    assert len(norms) == 311
    for name, norm in golden['grad_norms'].items():
        assert norms[name] == pytest.approx(norm, rel=1e-5), name
