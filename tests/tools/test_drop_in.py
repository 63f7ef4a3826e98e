"""A few of the installed configs that docs/any_config.md has lines for."""

import csv
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / 'tools' / 'benchmarks' / 'drop_in.py'
CONFIGS = (
    'mmdet/retinanet/retinanet_r50_fpn_1x_coco.py',
    'mmdet/yolox/yolox_tiny_8xb8-300e_coco.py',
    'mmpretrain/resnet/resnet50_8xb32_in1k.py',
    'mmseg/pspnet/pspnet_r50-d8_4xb2-40k_cityscapes-512x1024.py',
    'mmseg/segformer/segformer_mit-b0_8xb2-160k_ade20k-512x512.py',
)


@pytest.fixture(scope='module')
def rows(tmp_path_factory):
    out = tmp_path_factory.mktemp('drop_in') / 'rows.csv'
    done = subprocess.run(
        [
            *(sys.executable, TOOL, '--arch', 'tiny', '--out', out),
            *('--only', *CONFIGS),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with out.open(newline='') as file:
        return {row['config']: row for row in csv.DictReader(file)}


@pytest.mark.parametrize('config', CONFIGS)
def test_lines_of_the_family_fit(rows, config):
    row = rows[config]
    assert row['result'] == 'works', row['error']
    assert not row['without_gradient']


def test_lines_are_written_for_another_size():
    tool = runpy.run_path(str(TOOL))
    lines = "backbone=dict(arch='base'), neck=dict(in_channels=[256, 768])"
    assert tool['for_arch'](lines, 'tiny') == (
        "backbone=dict(arch='tiny'), neck=dict(in_channels=[32, 64])"
    )
