"""Folders of data that a command line or a plan names."""

import argparse

from mmengine.config import Config

from infmae_mm.engine.data_folders import move_data
from infmae_mm.engine.launch import load_config

# As upstream's configs of COCO have it: joined when the file is read.
COCO = """
data_root = 'data/coco/'
model = dict(type='ToyModel')
val_dataloader = dict(dataset=dict(
    type='RepeatDataset',
    dataset=dict(
        data_root=data_root, ann_file='annotations/instances_val.json')))
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='CocoMetric', metric='bbox',
         ann_file=data_root + 'annotations/instances_val.json'),
    dict(type='CocoPanopticMetric',
         seg_prefix=data_root + 'annotations/panoptic_val/',
         outfile_prefix='./work_dirs/coco_panoptic'),
]
test_evaluator = val_evaluator[0]
"""


def load(tmp_path, data_root):
    config = tmp_path / 'coco.py'
    config.write_text(COCO)
    return load_config(
        argparse.Namespace(
            config=str(config),
            cfg_options=None,
            data_root=data_root,
            work_dir=None,
            launcher='none',
        )
    )


def test_metrics_measure_against_the_labels_of_the_set(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', '/home/me')
    cfg = load(tmp_path, '~/mine')
    labels = '/home/me/mine/annotations/instances_val.json'
    assert cfg.val_dataloader.dataset.dataset.data_root == '/home/me/mine'
    assert cfg.test_evaluator.ann_file == labels
    coco, panoptic = cfg.val_evaluator
    assert coco.ann_file == labels
    assert panoptic.seg_prefix == '/home/me/mine/annotations/panoptic_val/'
    assert panoptic.outfile_prefix == './work_dirs/coco_panoptic'
    assert coco.metric == 'bbox'


def test_a_file_follows_the_nearest_folder():
    sets = [dict(data_root='data'), dict(data_root='data/b/')]
    cfg = Config(
        dict(
            val_dataloader=dict(dataset=dict(datasets=sets)),
            val_evaluator=dict(ann_file='data/b//labels.json'),
        )
    )
    assert move_data(cfg, lambda root: f'/{root}'.rstrip('/') + '2')
    assert cfg.val_evaluator.ann_file == '/data/b2/labels.json'
