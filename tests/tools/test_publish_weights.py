"""Putting weights where infmae_mm://NAME finds them."""

import importlib.util
import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS

from infmae_mm import InfMAE
from infmae_mm.checkpoint import load_pretrained, read_checkpoint

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs/pretrain/infmae_tiny_1xb64-200e_inf30-128.py'


@pytest.fixture
def publish():
    spec = importlib.util.spec_from_file_location(
        'publish_weights', ROOT / 'tools' / 'publish_weights.py'
    )
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return lambda *args: tool.main([str(arg) for arg in args])


def test_what_is_published_is_found(tmp_path, publish, monkeypatch):
    model = MODELS.build(Config.fromfile(CONFIG).model)
    source, folder = tmp_path / 'epoch_1.pth', tmp_path / 'weights'
    torch.save({'state_dict': model.state_dict()}, source)
    publish(source, 'b', '--config', CONFIG, '--dir', folder)
    publish(source, 'a', '--config', CONFIG, '--dir', folder)
    before = (folder / 'a.pth').read_bytes()
    with pytest.raises(SystemExit, match='a.pth exists'):
        publish(source, 'a', '--config', CONFIG, '--dir', folder)
    assert (folder / 'a.pth').read_bytes() == before
    publish(source, 'a', '--config', CONFIG, '--dir', folder, '--force')
    index = json.loads((folder / 'index.json').read_text())
    assert list(index) == ['a', 'b']
    assert index['a']['arch'] == 'tiny'
    assert index['a']['img_size'] == [128, 128]
    monkeypatch.setattr('infmae_mm.checkpoint.published.WEIGHTS', folder)
    published = read_checkpoint('infmae_mm://a')
    assert published['meta'] == dict(num_heads=4)
    weights = published['state_dict']
    types = {name: value.dtype for name, value in weights.items()}
    assert types.pop('pos_embed') == torch.float32
    assert set(types.values()) == {torch.float16}
    fine = InfMAE('tiny', img_size=64, out_indices=(0, 1, 2))
    assert weights.keys() == fine.state_dict().keys()
    report = load_pretrained(fine, 'infmae_mm://a')
    assert not report.missing
    assert not report.dropped
    for name, value in fine.state_dict().items():
        expected = model.backbone.state_dict()[name]
        torch.testing.assert_close(value, expected, rtol=1e-3, atol=1e-3)


def test_another_config_is_refused(tmp_path, publish):
    model = MODELS.build(Config.fromfile(CONFIG).model)
    source = tmp_path / 'epoch_1.pth'
    torch.save({'state_dict': model.state_dict()}, source)
    other = CONFIG.with_name('infmae_mini_1xb16-15e_thermal-128.py')
    with pytest.raises(SystemExit, match='does not fit|other shapes'):
        publish(source, 'a', '--config', other, '--dir', tmp_path / 'weights')
    assert not (tmp_path / 'weights').exists()
