"""What the metafiles say of each config, against the config itself."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.fileio import load as read
from mmengine.registry import MODELS, DefaultScope

ROOT = Path(__file__).parents[2]
MODEL_ENTRIES = [
    entry
    for path in sorted((ROOT / 'configs').glob('*/metafile.yml'))
    for entry in read(path)['Models']
]
COUNTED = [e for e in MODEL_ENTRIES if 'Parameters' in e['Metadata']]


@pytest.mark.parametrize('entry', MODEL_ENTRIES, ids=lambda e: e['Name'])
def test_config_is_there_under_its_name(entry):
    path = ROOT / entry['Config']
    assert path.is_file()
    assert path.stem == entry['Name']


@pytest.mark.slow
@pytest.mark.parametrize('entry', COUNTED, ids=lambda e: e['Name'])
def test_parameters(entry):
    cfg = Config.fromfile(ROOT / entry['Config'])
    scope = DefaultScope.overwrite_default_scope(cfg.default_scope)
    with scope, torch.device('meta'):
        model = MODELS.build(cfg.model)
    count = sum(p.numel() for p in model.parameters())
    assert count == entry['Metadata']['Parameters']
