"""The backbone inside the models of mmseg, mmdet and mmpretrain.

Each test writes the config that a user would write and trains one step of
it in a fresh process, which imports nothing of this project by itself.
"""

import json
import math
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name('train_step.py')

UPERNET = """
_base_ = '{configs}/_base_/models/upernet_swin.py'
default_scope = 'mmseg'
norm_cfg = dict(type='BN', requires_grad=True)
model = dict(
    data_preprocessor=dict(size=(90, 110)),
    backbone=dict(_delete_=True, type='{type}', arch='tiny'),
    decode_head=dict(
        in_channels=[32, 48, 64, 64], channels=16, num_classes=3,
        norm_cfg=norm_cfg),
    auxiliary_head=dict(
        in_channels=64, channels=16, num_classes=3, norm_cfg=norm_cfg))
"""

MASK_RCNN = """
_base_ = '{configs}/_base_/models/mask-rcnn_r50_fpn.py'
default_scope = 'mmdet'
model = dict(
    backbone=dict(_delete_=True, type='{type}', arch='tiny'),
    neck=dict(in_channels=[32, 48, 64, 64]))
"""

CLASSIFIER = """
default_scope = 'mmpretrain'
data_preprocessor = dict(
    type='ClsDataPreprocessor', mean=[128] * 3, std=[50] * 3,
    pad_size_divisor=1)
model = dict(
    type='ImageClassifier',
    data_preprocessor=data_preprocessor,
    backbone=dict(type='{type}', arch='tiny', out_indices=(3, )),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='LinearClsHead', num_classes=3, in_channels=64,
        loss=dict(type='CrossEntropyLoss')))
"""

CUSTOM_IMPORTS = "custom_imports = dict(imports=['infmae_mm'])\n"


@pytest.mark.parametrize('type_', ['InfMAE', 'infmae_mm.InfMAE'])
@pytest.mark.parametrize(
    ('scope', 'config'),
    [('mmseg', UPERNET), ('mmdet', MASK_RCNN), ('mmpretrain', CLASSIFIER)],
    ids=['mmseg', 'mmdet', 'mmpretrain'],
)
def test_trains_inside_upstream_models(scope, config, type_, tmp_path):
    upstream = Path(find_spec(scope).origin).parent
    config = config.format(configs=upstream / '.mim' / 'configs', type=type_)
    if type_ == 'InfMAE':
        config += CUSTOM_IMPORTS
    path = tmp_path / 'config.py'
    path.write_text(config)
    result = subprocess.run(
        [sys.executable, str(SCRIPT), str(path)],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    step = json.loads(result.stdout.splitlines()[-1])
    assert step['backbone'] == 'infmae_mm.backbone'
    assert math.isfinite(step['loss'])
    assert step['parameters'] > 50
    assert step['without'] == []
    assert step['not_finite'] == []
    assert step['zero'] == []
