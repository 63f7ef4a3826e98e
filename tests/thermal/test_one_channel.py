"""``in_channels=1`` end to end, on images of raw counts."""

import json
import runpy
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmcv.transforms import Compose
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from mmengine.runner import Runner

from infmae_mm import InfMAE
from infmae_mm.checkpoint import read_checkpoint
from infmae_mm.synthetic.layouts import write_scenes
from infmae_mm.thermal import LoadThermalImage

ROOT = Path(__file__).parents[2]
ONE_MEAN = dict(mean=[108.375], std=[51.0])


@contextmanager
def upstream(scope):
    """Import a library, so that its modules are found, and set its scope."""
    for part in ('datasets', 'models'):
        import_module(f'{scope}.{part}')
    with DefaultScope.overwrite_default_scope(scope):
        yield


def to_raw(folder):
    """Make raw counts of a set's 8-bit images."""
    for path in Path(folder).glob('*.png'):
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(path), grey.astype(np.uint16) * 3 + 7000)


@pytest.fixture
def checkpoint(tmp_path):
    """A backbone as it comes out of pre-training in three channels."""
    path = tmp_path / 'backbone.pth'
    model = InfMAE('tiny')
    state = {k: v for k, v in model.state_dict().items() if 'down' not in k}
    torch.save(state, path)
    return str(path)


@pytest.fixture
def raw(tmp_path, picture):
    path = tmp_path / 'raw.png'
    cv2.imwrite(str(path), picture.astype(np.uint16) * 3 + 7000)
    return str(path)


@pytest.mark.parametrize(
    ('preprocessor', 'scope'),
    [
        ('SegDataPreProcessor', 'mmseg'),
        ('DetDataPreprocessor', 'mmdet'),
        ('ClsDataPreprocessor', 'mmpretrain'),
    ],
)
def test_same_maps_as_in_three_channels(raw, checkpoint, preprocessor, scope):
    maps = []
    for channels in (1, 3):
        image = LoadThermalImage(channels)(dict(img_path=raw))['img']
        inputs = torch.from_numpy(image.transpose(2, 0, 1).copy())
        with upstream(scope):
            prepare = MODELS.build(
                dict(
                    type=preprocessor,
                    mean=[108.375] * channels,
                    std=[51.0] * channels,
                )
            )
        inputs = prepare(dict(inputs=[inputs]))['inputs']
        assert inputs.shape == (1, channels, 96, 128)
        torch.manual_seed(0)
        backbone = InfMAE(
            'tiny',
            in_channels=channels,
            init_cfg=dict(type='Pretrained', checkpoint=checkpoint),
        )
        backbone.init_weights()
        with torch.no_grad():
            maps.append(backbone.eval()(inputs)[:3])
    for one, three in zip(*maps, strict=True):
        assert one.std() > 0.1
        torch.testing.assert_close(one, three, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('scope', ['mmseg', 'mmdet'])
def test_upstream_transforms_keep_the_image(raw, scope):
    """They drop the channel or keep it; the packed input has it."""
    pack = {'mmseg': 'PackSegInputs', 'mmdet': 'PackDetInputs'}[scope]
    crop = {
        'mmseg': dict(crop_size=(64, 80)),
        'mmdet': dict(crop_size=(64, 80), allow_negative_crop=True),
    }[scope]
    packed = []
    for channels in (1, 3):
        with upstream(scope):
            pipeline = Compose(
                [
                    dict(type='LoadThermalImage', channels=channels),
                    dict(
                        type='RandomResize',
                        scale=(160, 120),
                        ratio_range=(0.8, 1.2),
                        keep_ratio=True,
                    ),
                    dict(type='RandomFlip', prob=0.5),
                    dict(type='RandomCrop', **crop),
                    dict(type='ThermalJitter'),
                    dict(type='Pad', size=(100, 90), pad_val=dict(img=108)),
                    dict(type=pack, meta_keys=('img_shape', 'mapping')),
                ]
            )
        np.random.seed(3)
        results = dict(
            img_path=raw,
            seg_fields=[],
            gt_bboxes=np.zeros((0, 4), np.float32),
            gt_bboxes_labels=np.zeros(0, np.int64),
            gt_ignore_flags=np.zeros(0, bool),
        )
        if scope == 'mmseg':
            results = dict(
                img_path=raw,
                seg_fields=['gt_seg_map'],
                gt_seg_map=np.zeros((96, 128), np.uint8),
            )
        packed.append(pipeline(results))
    one, three = (sample['inputs'] for sample in packed)
    assert one.shape == (1, 90, 100)
    assert torch.equal(one.expand(3, -1, -1), three)
    sample = packed[0]['data_samples']
    assert sample.img_shape[:2] == (90, 100)
    assert sample.mapping['rule'] == 'percentile'


@pytest.mark.slow
@pytest.mark.filterwarnings('ignore')
def test_pretraining(tmp_path):
    data = tmp_path / 'data'
    write_scenes(str(data), 'pretrain', num=6, size=(64, 80), bits=16)
    images = tmp_path / 'train.txt'
    images.write_text('\n'.join(map(str, sorted(data.rglob('*.png')))))
    run = runpy.run_path(str(ROOT / 'tools' / 'train.py'))['main']
    parts = ('data_preprocessor', 'backbone', 'neck')
    run(
        [
            str(ROOT / 'configs/pretrain/infmae_tiny_demo.py'),
            f'--work-dir={tmp_path / "run"}',
            f'--data-root={images}',
            '--cfg-options',
            *(f'model.{part}.in_channels=1' for part in parts),
            'train_cfg.max_epochs=1',
            'train_dataloader.batch_size=2',
            'train_dataloader.num_workers=0',
            'train_dataloader.persistent_workers=False',
            'val_dataloader.num_workers=0',
            'val_dataloader.persistent_workers=False',
            'log_level=WARNING',
        ]
    )
    state = read_checkpoint(tmp_path / 'run' / 'epoch_1.pth')['state_dict']
    assert state['backbone.patch_embed1.proj.weight'].shape[1] == 1
    assert state['neck.decoder_pred.weight'].shape[0] == 16 * 16
    assert all(value.isfinite().all() for value in state.values())


def train_one_step(cfg, tmp_path, checkpoint):
    """Train from the checkpoint of three channels; return what changed."""
    cfg.model.backbone.in_channels = 1
    cfg.model.backbone.init_cfg = dict(
        type='Pretrained', checkpoint=checkpoint
    )
    cfg.model.data_preprocessor.update(**ONE_MEAN)
    dataset = cfg.train_dataloader.dataset
    assert dataset.pipeline[0].type == 'LoadThermalImage'
    dataset.pipeline[0].channels = 1
    cfg.train_dataloader.update(
        batch_size=2, num_workers=0, persistent_workers=False
    )
    cfg.train_cfg.update(max_iters=1)
    cfg.work_dir = str(tmp_path / 'run')
    for key in ('val', 'test'):
        for part in ('dataloader', 'cfg', 'evaluator'):
            cfg[f'{key}_{part}'] = None
    cfg.default_hooks.checkpoint = None
    cfg.log_level = 'WARNING'
    runner = Runner.from_cfg(cfg)
    before = {}

    def remember(*_):
        before.update(
            {k: v.clone() for k, v in runner.model.state_dict().items()}
        )

    handle = runner.model.register_forward_pre_hook(remember)
    model = runner.train()
    handle.remove()
    start = torch.load(checkpoint, weights_only=True)
    weight = 'patch_embed1.proj.weight'
    torch.testing.assert_close(
        before[f'backbone.{weight}'], start[weight].sum(1, keepdim=True)
    )
    after = model.state_dict()
    assert all(value.isfinite().all() for value in after.values())
    return [k for k in after if not torch.equal(after[k], before[k])]


@pytest.mark.slow
@pytest.mark.filterwarnings('ignore')
def test_segmentation(tmp_path, checkpoint):
    data = str(tmp_path / 'data')
    write_scenes(data, 'msrs', num=4, size=(48, 64))
    to_raw(f'{data}/train/ir')
    cfg = Config.fromfile(
        ROOT / 'configs/segmentation/infmae-base_fcn_1xb2-240k_msrs-512x512.py'
    )
    cfg.model.backbone.arch = 'tiny'
    cfg.model.data_preprocessor.size = (64, 64)
    cfg.model.decode_head.update(in_channels=[32, 48, 64, 64], channels=8)
    cfg.model.auxiliary_head.update(in_channels=64, channels=8)
    pipeline = cfg.train_dataloader.dataset.pipeline
    pipeline[2].scale, pipeline[3].crop_size = (64, 48), (64, 64)
    cfg.train_dataloader.dataset.data_root = data
    changed = train_one_step(cfg, tmp_path, checkpoint)
    assert 'backbone.patch_embed1.proj.weight' in changed
    assert 'decode_head.conv_seg.weight' in changed


@pytest.mark.slow
@pytest.mark.filterwarnings('ignore')
def test_detection(tmp_path, checkpoint):
    data = tmp_path / 'data'
    write_scenes(str(data), 'm3fd', num=4, size=(64, 80))
    to_raw(data / 'Ir')
    boxes = dict(area=400, iscrowd=0, category_id=1, bbox=[10, 10, 20, 20])
    annotations = dict(
        categories=[dict(id=1, name='Person')],
        images=[
            dict(id=i, file_name=f'{i:05}.png', width=80, height=64)
            for i in range(4)
        ],
        annotations=[dict(boxes, id=i + 1, image_id=i) for i in range(4)],
    )
    (data / 'boxes.json').write_text(json.dumps(annotations))
    (path,) = ROOT.glob('configs/detection/*-tiny_*hit-uav-320x256.py')
    cfg = Config.fromfile(path)
    cfg.model.roi_head.bbox_head.num_classes = 1
    cfg.train_dataloader.dataset.update(
        data_root=str(data),
        ann_file='boxes.json',
        data_prefix=dict(img='Ir'),
        metainfo=dict(classes=('Person',)),
    )
    changed = train_one_step(cfg, tmp_path, checkpoint)
    assert 'backbone.patch_embed1.proj.weight' in changed
    assert 'roi_head.bbox_head.fc_cls.weight' in changed
