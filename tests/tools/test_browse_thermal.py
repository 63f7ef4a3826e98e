"""tools/browse_thermal.py on configs of three libraries, generated data."""

import json
import runpy
from pathlib import Path

import cv2
import numpy as np
import pytest

from infmae_mm.synthetic.layouts import write_scenes

TOOL = Path(__file__).parents[2] / 'tools' / 'browse_thermal.py'
browse = runpy.run_path(str(TOOL))['main']

PRETRAIN = """
default_scope = 'mmpretrain'
train_dataloader = dict(dataset=dict(
    type='RepeatDataset', times=2, dataset=dict(
        type='InfraredImages', data_root={root!r}, pipeline=[
            dict(type='LoadRandomResizedCrop', size=64),
            dict(type='PackInfrared')])))
"""
SEGMENTATION = """
default_scope = 'mmseg'
train_dataloader = dict(dataset=dict(
    type='BaseSegDataset', data_root={root!r},
    data_prefix=dict(img_path='train/ir',
                     seg_map_path='train/Segmentation_labels'),
    img_suffix='.png', seg_map_suffix='.png',
    metainfo=dict(classes=['sky', 'car', 'person', 'bike']),
    pipeline=[
        dict(type='LoadThermalImage', channels=1),
        dict(type='LoadAnnotations', imdecode_backend='pillow'),
        dict(type='Resize', scale=(80, 60)),
        dict(type='PackSegInputs')]))
"""
DETECTION = """
default_scope = 'mmdet'
val_dataloader = dict(dataset=dict(
    type='CocoDataset', data_root={root!r}, ann_file='coco.json',
    data_prefix=dict(img='Ir'), metainfo=dict(classes=('Car',)),
    test_mode=True,
    pipeline=[
        dict(type='LoadThermalImage'),
        dict(type='LoadAnnotations', with_bbox=True),
        dict(type='Resize', scale=(160, 120), keep_ratio=True),
        dict(type='PackDetInputs')]))
"""


@pytest.fixture
def config(tmp_path):
    def write(text, layout):
        root = tmp_path / 'data'
        write_scenes(str(root), layout, num=6, size=(96, 128))
        path = tmp_path / 'config.py'
        path.write_text(text.format(root=str(root)))
        return path

    return write


def run(*arguments):
    browse([str(argument) for argument in arguments])


def sheet_of(out, name='train_000.png'):
    image = cv2.imread(str(out / name))
    return image, (image != image[..., :1]).any(-1)


def test_pretraining(config, tmp_path):
    path = config(PRETRAIN, 'pretrain')
    out = tmp_path / 'out'
    run(path, '--out', out, '--size=64', '--num=6')
    image, coloured = sheet_of(out)
    assert [p.name for p in out.iterdir()] == ['train_000.png']
    assert image.shape[1] == 4 * 72 + 8
    assert not coloured.any()
    # the same seed draws the same crops, another one does not
    for seed, same in ((0, True), (1, False)):
        other = tmp_path / f'seed{seed}'
        run(path, '--out', other, '--size=64', '--num=6', f'--seed={seed}')
        assert (image == sheet_of(other)[0]).all() == same


def test_segmentation(config, tmp_path):
    pytest.importorskip('mmseg')
    out = tmp_path / 'out'
    run(config(SEGMENTATION, 'msrs'), '--out', out, '--size=80')
    _, coloured = sheet_of(out)
    assert coloured.sum() > 200


def test_detection(config, tmp_path):
    pytest.importorskip('mmdet')
    path = config(DETECTION, 'm3fd')
    images = [
        dict(id=i, file_name=f'{i:05}.png', height=96, width=128)
        for i in range(6)
    ]
    boxes = [
        dict(id=i + 1, image_id=i, category_id=1, iscrowd=0, area=600)
        | dict(bbox=[40, 30, 30, 20])
        for i in range(6)
    ]
    categories = [dict(id=1, name='Car')]
    (tmp_path / 'data' / 'coco.json').write_text(
        json.dumps(
            dict(images=images, annotations=boxes, categories=categories)
        )
    )
    out = tmp_path / 'out'
    run(path, '--out', out, '--split=val', '--num=1', '--size=160')
    _, coloured = sheet_of(out, 'val_000.png')
    # one box in a picture enlarged by 160 / 128, 8 pixels from the corner
    rows, columns = np.nonzero(coloured[:128, :168])
    assert (columns.min(), columns.max()) == (8 + 50, 8 + 87 + 1)
    assert rows.max() == 8 + 62


def test_several_sheets(config, tmp_path):
    out = tmp_path / 'out'
    path = config(PRETRAIN.replace('times=2', 'times=4'), 'pretrain')
    run(path, '--out', out, '--size=32', '--num=18')
    names = sorted(p.name for p in out.iterdir())
    assert names == ['train_000.png', 'train_001.png']


def test_refusals(config, tmp_path):
    path = config(PRETRAIN, 'pretrain')
    out = tmp_path / 'out'
    with pytest.raises(SystemExit, match='no test_dataloader'):
        run(path, '--out', out, '--split=test')
    with pytest.raises(SystemExit, match='no such config'):
        run(tmp_path / 'typo.py', '--out', out)
    with pytest.raises(SystemExit, match='no folder'):
        run(path, '--out', out, '--data-root', tmp_path / 'typo')
    assert not out.exists()
    out.mkdir()
    (out / 'mine.png').write_bytes(b'precious')
    with pytest.raises(SystemExit, match='is not empty'):
        run(path, '--out', out)
    assert [p.name for p in out.iterdir()] == ['mine.png']


def test_an_option_without_a_value(tmp_path):
    with pytest.raises(SystemExit, match='--cfg-options size: wanted is'):
        run('config.py', '--out', tmp_path / 'out', '--cfg-options', 'size')
