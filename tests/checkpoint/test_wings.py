"""Checkpoints of each wing, given to the networks of the others."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope, init_default_scope

from infmae_mm import InfMAE
from infmae_mm.checkpoint import (
    CheckpointError,
    load_complete,
    load_pretrained,
    load_start,
)
from infmae_mm.checkpoint.fitting import MIN_FOUND
from infmae_mm.classification import ThermalClassificationInferencer
from infmae_mm.deploy.inputs import InputError
from infmae_mm.deploy.network import load_backbone, load_network
from infmae_mm.detection import ThermalDetInferencer
from infmae_mm.segmentation import ThermalSegInferencer

CONFIGS = Path(__file__).parents[2] / 'configs'
# all with the backbone of one arch
WINGS = dict(
    pretrain='pretrain/infmae_tiny_1xb64-200e_inf30-128.py',
    segmentation='segmentation/infmae-tiny_upernet_custom.py',
    detection='detection/mask-rcnn_infmae-tiny_fpn_custom.py',
    small_target='small_target/infmae-tiny_1xb8-1200_custom-128x128.py',
    classification=(
        'classification/infmae-tiny_1xb32-6e_solar-modules-160x96_scratch.py'
    ),
)
PAIRS = [(model, file) for model in WINGS for file in WINGS if model != file]


@pytest.fixture(scope='module')
def networks(tmp_path_factory):
    """Config, model and checkpoint of each wing, of weights at random."""
    folder, found = tmp_path_factory.mktemp('wings'), {}
    for wing, name in WINGS.items():
        cfg = Config.fromfile(CONFIGS / name)
        cfg.model.backbone.init_cfg = None
        config, path = folder / f'{wing}.py', folder / f'{wing}.pth'
        cfg.dump(config)
        with DefaultScope.overwrite_default_scope(cfg.default_scope):
            init_default_scope(cfg.default_scope)
            model = MODELS.build(cfg.model)
        torch.save(dict(state_dict=model.state_dict(), meta={}), path)
        found[wing] = str(config), model, str(path)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(('wing', 'other'), PAIRS)
def test_no_network_predicts_with_weights_of_another(networks, wing, other):
    config, model, own = networks[wing]
    path = networks[other][2]
    load_complete(model, own)
    with pytest.raises(CheckpointError, match='does not fit'):
        load_complete(model, path)
    # as tools/predict.py and tools/export.py
    with pytest.raises((CheckpointError, InputError)):
        load_network(config, path)


@pytest.mark.slow
@pytest.mark.parametrize(('wing', 'other'), PAIRS)
def test_a_training_starts_from_nearly_all(networks, wing, other):
    _, model, _ = networks[wing]
    path = networks[other][2]
    own = [name for name, _ in model.named_parameters()]
    weights = torch.load(path)['state_dict']
    shapes = {k: v.shape for k, v in model.named_parameters()}
    found = [n for n in own if n in weights and weights[n].shape == shapes[n]]
    if len(found) < MIN_FOUND * len(own):
        with pytest.raises(CheckpointError, match='init_cfg.checkpoint'):
            load_start(model, path)
        return
    # of a head of a few layers: it is told, and starts afresh
    assert wing == 'classification'
    assert set(load_start(model, path).missing) >= {'head.fc.weight'}


@pytest.mark.slow
@pytest.mark.parametrize(
    ('inferencer', 'wing', 'key'),
    [
        (ThermalSegInferencer, 'segmentation', 'weights'),
        (ThermalDetInferencer, 'detection', 'weights'),
        (ThermalClassificationInferencer, 'classification', 'pretrained'),
    ],
)
def test_inferencers(networks, inferencer, wing, key):
    config, _, own = networks[wing]
    for other, (_, _, path) in networks.items():
        if other != wing:
            with pytest.raises(CheckpointError, match='does not fit'):
                inferencer(config, device='cpu', **{key: path})
    inferencer(config, device='cpu', **{key: own})


def test_a_backbone_is_exported_whole(networks):
    """What a pre-training has not trained is no map of the backbone."""
    config, _, own = networks['segmentation']
    pretrained = networks['pretrain'][2]
    load_backbone(config, own)
    load_backbone(networks['pretrain'][0], pretrained)
    with pytest.raises(CheckpointError, match='downsample'):
        load_backbone(config, pretrained)
    arch = dict(embed_dims=(32, 48, 64), depths=(1, 1, 1), num_heads=2)
    with pytest.raises(CheckpointError, match='deeper'):
        load_pretrained(InfMAE(arch), own, complete=True)
