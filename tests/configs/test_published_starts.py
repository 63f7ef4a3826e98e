"""Configs that start from weights of this package find them."""

import json
from pathlib import Path

import pytest
from mmengine.config import Config

from infmae_mm import InfMAE
from infmae_mm.checkpoint.published import SCHEME, WEIGHTS

ROOT = Path(__file__).parents[2]
CONFIGS = [
    path
    for path in sorted((ROOT / 'configs').glob('[a-z]*/[a-z]*.py'))
    if path.parent.name != 'compare'
    if 'tiny' in path.stem or 'mini' in path.stem
]


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_starts_fit(path):
    """Every small config for a task, unless it is one from scratch."""
    backbone = Config.fromfile(path).model.backbone
    init_cfg = backbone.get('init_cfg') or {}
    address = init_cfg.get('checkpoint')
    if address is None:
        assert path.stem.endswith('_scratch') or path.parent.name == 'pretrain'
        return
    assert address.startswith(SCHEME)
    entries = json.loads((WEIGHTS / 'index.json').read_text())
    entry = entries[address.removeprefix(SCHEME)]
    assert entry['arch'] == backbone.arch
    options = dict(arch=backbone.arch, out_indices=(0, 1, 2))
    InfMAE(**options, init_cfg=init_cfg).init_weights()
