"""Parity with values recorded from the authors' implementation."""

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from infmae_mm import InfMAE
from infmae_mm.pretrain import InfMAEPretrainer

DATA = Path(__file__).parents[1] / 'data'
POSITIONS = ('pos_embed', 'decoder_pos_embed')
TOLERANCE = dict(rtol=1e-4, atol=2e-5)


@pytest.fixture(scope='module')
def golden():
    record = json.loads((DATA / 'infmae_base_seed7.json').read_text())
    with np.load(DATA / 'infmae_base_seed7.npz') as arrays:
        record['arrays'] = {k: torch.from_numpy(v) for k, v in arrays.items()}
    return record


def authors_weights(golden):
    """The weights of the record, made by the rules of its README."""
    weights = {}
    for name, shape in golden['state_dict_shapes'].items():
        if name in POSITIONS:
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
        weights[name] = torch.from_numpy(value.astype(np.float32))
    return weights


def batch(golden):
    n, g = golden['batch'], 224 // 7
    rng = np.random.default_rng([golden['seed'], 1])
    x = rng.standard_normal((n, 1, g, g)).astype(np.float32)
    x = np.kron(x, np.ones((1, 1, 7, 7), np.float32))
    x = x + 0.1 * rng.standard_normal((n, 1, 224, 224)).astype(np.float32)
    return torch.from_numpy(np.repeat(x, 3, axis=1).astype(np.float32))


@pytest.fixture(scope='module')
def model(golden):
    weights = authors_weights(golden)
    score = weights.pop('patch_embed.proj.weight').double().mean(dim=0)
    weights.pop('patch_embed.proj.bias')
    state = {
        ('neck.' if k.startswith(('decoder', 'mask_token')) else 'backbone.')
        + k: v
        for k, v in weights.items()
    }
    state['backbone.masking.weight'] = score.sum(0).float()[None, None]
    model = InfMAEPretrainer(
        backbone=dict(
            type='InfMAEPretrainEncoder',
            masking=dict(type='InformationAwareMasking', order='ascending'),
        ),
        neck=dict(type='InfMAEPretrainDecoder'),
        head=dict(
            type='MAEPretrainHead',
            loss=dict(type='PixelReconstructionLoss', criterion='L2'),
        ),
    )
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert sorted(missing) == [
        'backbone.pos_embed',
        'neck.decoder_pos_embed',
    ]
    assert not unexpected
    return model


@pytest.mark.slow
def test_mask_and_prediction(golden, model):
    x = batch(golden)
    result = model.reconstruct(x)
    arrays = golden['arrays']
    assert torch.equal(result.mask, arrays['mask'].float())
    pred = model.head.patchify(result.image)[:, ::7, ::31]
    torch.testing.assert_close(pred, arrays['pred'], **TOLERANCE)


@pytest.mark.slow
def test_loss_and_gradients(golden, model):
    loss = model.loss(batch(golden))['loss']
    assert loss.item() == pytest.approx(golden['loss'], rel=1e-5)
    model.zero_grad()
    loss.backward()
    norms = {
        name.split('.', 1)[1]: parameter.grad.norm().item()
        for name, parameter in model.named_parameters()
    }
    assert norms.keys() == golden['grad_norms'].keys()
    for name, norm in golden['grad_norms'].items():
        assert norms[name] == pytest.approx(norm, rel=1e-3), name


def test_feature_maps(golden, model):
    """The same weights in the fine-tuning backbone give the authors' maps."""
    backbone = InfMAE(out_indices=(0, 1, 2))
    weights = model.backbone.state_dict()
    names = backbone.state_dict().keys()
    backbone.load_state_dict({k: weights[k] for k in names})
    with torch.no_grad():
        f1, f2, f3 = backbone(batch(golden))
    f3_norm = model.backbone.norm(f3.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    arrays = golden['arrays']
    for name, got in (
        ('f1', f1[:, ::16, ::7, ::7]),
        ('f2', f2[:, ::16, ::5, ::5]),
        ('f3', f3[:, ::16, ::3, ::3]),
        ('f3_norm', f3_norm[:, ::16, ::3, ::3]),
    ):
        torch.testing.assert_close(got, arrays[name], **TOLERANCE)
