"""Every row trains a step and is tested, at a small size."""

import json
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from infmae_mm.classes import MSRS_CLASSES
from infmae_mm.compare.rehearsal import rehearse
from infmae_mm.engine.launch import set_data_root
from infmae_mm.synthetic.layouts import write_scenes

CONFIGS = Path(__file__).parents[2] / 'configs'
PRETRAIN = sorted((CONFIGS / 'pretrain/rivals').glob('*.py'))
SEGMENTATION = sorted((CONFIGS / 'segmentation/rivals').glob('*msrs*.py'))
DETECTION = sorted((CONFIGS / 'detection/rivals').glob('*m3fd*.py'))
SMALL_TARGET = sorted((CONFIGS / 'small_target/rivals').glob('*irstd1k*.py'))
VIT = dict(embed_dims=32, num_layers=12, num_heads=4, feedforward_channels=32)
WIDTHS = dict(
    ViTMAE=[32, 32, 32, 32], UMMAE=[16, 32, 48, 64], InfMAE=[32, 48, 64, 64]
)


@pytest.fixture(autouse=True)
def own_scope():
    """What a config sets is not left to the next."""
    with DefaultScope.overwrite_default_scope(None):
        yield


def rehearsed(cfg, folder, path):
    cfg.work_dir = str(folder)
    cfg.launcher = 'none'
    # One log of each name.
    cfg.experiment_name = path.stem
    for key in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        cfg[key].pin_memory = False
    cfg.train_dataloader.batch_size = 2
    return rehearse(cfg)


def narrow_backbone(model):
    """Make the backbone small; the widths of its maps."""
    backbone = model.backbone
    backbone.init_cfg = None
    if backbone.type == 'ViTMAE':
        backbone.update(arch=VIT, img_size=64)
    elif backbone.type in ('UMMAE', 'InfMAE'):
        backbone.arch = 'tiny'
    if backbone.type == 'InfMAE' and backbone.get('window_size'):
        backbone.update(window_size=2, global_indices=(0,))
    return WIDTHS.get(backbone.type)


@pytest.mark.parametrize('path', PRETRAIN, ids=lambda p: p.stem)
def test_pretraining(path, msrs, tmp_path):
    cfg = Config.fromfile(path)
    set_data_root(cfg, f'{msrs}/train/ir')
    backbone, neck = cfg.model.backbone, cfg.model.neck
    if backbone.arch == 'base' or isinstance(backbone.arch, dict):
        vit = backbone.type.startswith('ViT')
        backbone.arch = VIT if vit else 'tiny'
        neck.embed_dims = 32 if vit else 64
    elif backbone.arch == 'small':
        backbone.arch = 'tiny'
        neck.embed_dims = 64
    neck.update(decoder_embed_dims=32, decoder_num_heads=4)
    found = rehearsed(cfg, tmp_path, path)
    assert set(found['measures']) == {'val/loss', 'val/patch_mean_loss'}


@pytest.mark.parametrize('path', SEGMENTATION, ids=lambda p: p.stem)
def test_segmentation(path, msrs, tmp_path):
    cfg = Config.fromfile(path)
    set_data_root(cfg, msrs)
    model = cfg.model
    widths = narrow_backbone(model)
    heads = [h for h in (model.decode_head, model.auxiliary_head) if h]
    for head in heads:
        head.norm_cfg.type = 'BN'
        head.channels = 16
        if widths is None:
            continue
        several = isinstance(head.in_channels, list)
        head.in_channels = widths if several else widths[2]
    if model.get('neck'):
        model.neck.update(embed_dim=32, norm_cfg=dict(type='BN'))
    if model.backbone.type == 'DDRNet':
        model.backbone.update(channels=8, ppm_channels=8)
        model.decode_head.in_channels = 32
    if 'norm_cfg' in model.backbone:
        model.backbone.norm_cfg.type = 'BN'
    model.data_preprocessor.size = (64, 64)
    model.test_cfg = dict(mode='whole')
    pipeline = cfg.train_dataloader.dataset.pipeline
    pipeline[2].scale, pipeline[3].crop_size = (96, 64), (64, 64)
    found = rehearsed(cfg, tmp_path, path)
    of_classes = {f'IoU_{name}' for name in MSRS_CLASSES}
    assert set(found['measures']) == {'aAcc', 'mIoU', 'mAcc', *of_classes}
    assert found['iterations'] == 240_000


@pytest.fixture(scope='module')
def irstd1k(tmp_path_factory):
    root = tmp_path_factory.mktemp('irstd1k') / 'set'
    # no multiple of a stride
    write_scenes(str(root), 'irstd1k', num=4, size=(70, 99))
    return str(root)


@pytest.mark.parametrize('path', SMALL_TARGET, ids=lambda p: p.stem)
def test_small_target(path, irstd1k, tmp_path):
    cfg = Config.fromfile(path)
    set_data_root(cfg, irstd1k)
    for key in ('train_dataloader', 'test_dataloader'):
        cfg[key].dataset.ann_file = ''
    widths = narrow_backbone(cfg.model)
    cfg.model.decode_head.update(in_channels=(3, *widths), channels=8)
    if cfg.model.get('neck'):
        cfg.model.neck.embed_dim = 32
    cfg.model.data_preprocessor.size = (64, 64)
    cfg.train_dataloader.dataset.pipeline[5].crop_size = (64, 64)
    found = rehearsed(cfg, tmp_path, path)
    assert {'Pd', 'AUC', 'F1', 'IoU'} <= set(found['measures'])


@pytest.fixture(scope='module')
def m3fd(tmp_path_factory):
    """A rendered M3FD with the annotation files of a split."""
    root = tmp_path_factory.mktemp('m3fd') / 'M3FD'
    write_scenes(str(root), 'm3fd', num=4, size=(96, 128))
    classes = ['People', 'Car', 'Bus', 'Motorcycle', 'Lamp', 'Truck']
    images = [
        dict(id=i + 1, file_name=p.name, height=96, width=128)
        for i, p in enumerate(sorted((root / 'Ir').iterdir()))
    ]
    boxes = [
        dict(
            id=2 * i + k + 1,
            image_id=image['id'],
            category_id=k + 1,
            bbox=[10 + 20 * k, 20, 30, 24],
            area=720,
            iscrowd=0,
        )
        for i, image in enumerate(images)
        for k in range(2)
    ]
    coco = dict(
        images=images,
        annotations=boxes,
        categories=[dict(id=i + 1, name=n) for i, n in enumerate(classes)],
    )
    for part in ('train', 'val'):
        (root / f'm3fd_{part}.json').write_text(json.dumps(coco))
    return str(root)


@pytest.mark.parametrize('path', DETECTION, ids=lambda p: p.stem)
def test_detection(path, m3fd, tmp_path):
    cfg = Config.fromfile(path)
    set_data_root(cfg, m3fd)
    model = cfg.model
    if model.backbone.type == 'SwinTransformer':
        model.backbone.update(
            embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 2, 4, 8]
        )
        model.neck.in_channels = [8, 16, 32, 64]
    widths = narrow_backbone(model)
    if widths is not None:
        neck = model.neck
        if isinstance(neck, list):
            neck[0].embed_dim = 32
            neck = neck[1]
        neck.in_channels = widths
        model.data_preprocessor.pad_size_divisor = 128
    for key in ('train_dataloader', 'test_dataloader'):
        for transform in cfg[key].dataset.pipeline:
            for size in ('scale', 'crop_size'):
                if size in transform:
                    transform[size] = (96, 128)
            if 'ratio_range' in transform:
                transform.ratio_range = (1.0, 1.2)
    if 'rpn' in model.get('test_cfg', {}) and model.test_cfg.rpn:
        model.test_cfg.rcnn.score_thr = 0.0
    found = rehearsed(cfg, tmp_path, path)
    assert {'coco/bbox_mAP', 'coco/AP50_Car'} <= set(found['measures'])
