"""The configs of detection build what they say."""

import json
import runpy
from pathlib import Path

import pytest
import torch
import yaml
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DATASETS
from mmengine.utils import import_modules_from_strings

from infmae_mm import InfMAE
from infmae_mm.classes import M3FD_CLASSES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / 'configs' / 'detection'
CONFIGS = sorted(FOLDER.glob('*.py'))
M3FD = [path for path in CONFIGS if 'm3fd-1024x1024' in path.name]
RECIPE = FOLDER / 'mask-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py'


def load(path):
    cfg = Config.fromfile(path)
    import_modules_from_strings(**cfg.custom_imports)
    return cfg


def build(cfg):
    """Build on the meta device: shapes without memory."""
    with torch.device('meta'):
        return MODELS.build(cfg.model)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_builds(path):
    """Its backbone, neck, heads and optimizer, which must fit."""
    cfg = load(path)
    model = build(cfg)
    assert type(model.backbone) is InfMAE
    assert tuple(cfg.model.neck.in_channels) == model.backbone.out_channels
    assert model.with_mask == ('masks' in path.name)
    classes = len(cfg.get('metainfo', dict(classes=range(6)))['classes'])
    heads = model.roi_head.bbox_head
    for head in heads if isinstance(heads, torch.nn.ModuleList) else [heads]:
        assert head.num_classes == classes
    if model.with_mask:
        assert model.roi_head.mask_head.num_classes == classes
    build_optim_wrapper(model, cfg.optim_wrapper)
    warm_up, cosine = cfg.param_scheduler
    assert warm_up.end == cosine.begin
    assert cosine.end == cfg.train_cfg.max_iters
    assert cfg.train_cfg.max_iters % cfg.train_cfg.val_interval == 0
    assert cfg.test_evaluator == cfg.val_evaluator


@pytest.mark.parametrize('path', M3FD, ids=lambda p: p.stem)
def test_recipe_of_the_paper(path):
    """Section 5.3 of the paper."""
    cfg = load(path)
    scratch = path.stem.endswith('scratch')
    assert (cfg.model.backbone.init_cfg.checkpoint is None) == scratch
    assert cfg.model.type == (
        'CascadeRCNN' if 'cascade' in path.name else 'MaskRCNN'
    )
    assert cfg.train_cfg.max_iters == 260_000
    assert cfg.train_dataloader.batch_size == 2
    assert cfg.model.backbone.drop_path_rate == 0.1
    optimizer = cfg.optim_wrapper.optimizer
    assert (optimizer.type, optimizer.lr) == ('AdamW', 8e-5)
    assert optimizer.weight_decay == 0.1


def test_norms_and_biases_do_not_decay():
    cfg = load(RECIPE)
    model = build(cfg)
    groups = build_optim_wrapper(model, cfg.optim_wrapper).param_groups
    decays = {id(p): g['weight_decay'] for g in groups for p in g['params']}
    for name, parameter in model.named_parameters():
        expected = 0.1 if parameter.ndim > 1 else 0.0
        assert decays[id(parameter)] == expected, name


def test_layer_decay_can_be_switched_on(tmp_path):
    """As the schedule's comment says."""
    path = tmp_path / 'config.py'
    path.write_text(
        f"_base_ = '{RECIPE}'\n"
        'optim_wrapper = dict(\n'
        "    constructor='LayerDecayOptimWrapperConstructor',\n"
        '    paramwise_cfg=dict(_delete_=True, decay_rate=0.8))\n'
    )
    cfg = load(path)
    model = build(cfg)
    groups = build_optim_wrapper(model, cfg.optim_wrapper).param_groups
    rates = {id(p): g['lr'] for g in groups for p in g['params']}
    first = rates[id(model.backbone.patch_embed1.proj.weight)]
    last = rates[id(model.backbone.blocks3[-1].mlp.fc2.weight)]
    assert first < last <= rates[id(model.rpn_head.rpn_cls.weight)] == 8e-5


def test_one_size_for_the_network(m3fd):
    """Padded alike in training and testing; boxes stay in the image."""
    cfg = load(RECIPE)
    preprocessor = MODELS.build(cfg.model.data_preprocessor)
    shapes = set()
    for loader, training in (
        (cfg.train_dataloader, True),
        (cfg.val_dataloader, False),
    ):
        loader.dataset.data_root = str(m3fd)
        dataset = DATASETS.build(loader.dataset)
        for i in range(2):
            sample = dataset[i]
            batch = preprocessor(
                dict(
                    inputs=[sample['inputs']],
                    data_samples=[sample['data_samples']],
                ),
                training=training,
            )
            assert batch['inputs'].shape == (1, 3, 1024, 1024)
            (sample,) = batch['data_samples']
            shapes.add(sample.img_shape)
            height, width = sample.img_shape[:2]
            assert not batch['inputs'][..., height:, :].any()
            assert not batch['inputs'][..., :, width:].any()
            assert batch['inputs'][..., :height, :width].any()
    assert (768, 1024) in shapes  # 96x128 when tested


def test_metafile_names_every_recipe():
    metafile = yaml.safe_load((FOLDER / 'metafile.yml').read_text())
    configs = {model['Config'] for model in metafile['Models']}
    assert configs == {str(path.relative_to(ROOT)) for path in M3FD}
    for model in metafile['Models']:
        assert model['Name'] == Path(model['Config']).stem
        paper = model['Metadata']['Paper Results']
        by_class = paper['AP50 of a class']
        assert tuple(by_class) == M3FD_CLASSES
        # the table agrees with itself
        assert sum(by_class.values()) / 6 == pytest.approx(
            paper['AP50'], abs=0.1
        )


@pytest.mark.parametrize(
    'config', ['mask_rcnn/mask-rcnn', 'cascade_rcnn/cascade-rcnn']
)
def test_upstream_configs_take_the_backbone(config, tmp_path, capsys):
    """mmdet's own recipes, with data, schedule and runtime; one step."""
    path = tmp_path / 'config.py'
    path.write_text(
        f"_base_ = 'mmdet::{config}_r50_fpn_1x_coco.py'\n"
        "custom_imports = dict(imports=['infmae_mm'])\n"
        'model = dict(\n'
        "    backbone=dict(_delete_=True, type='InfMAE', arch='tiny'),\n"
        '    neck=dict(in_channels=[32, 48, 64, 64]))\n'
    )
    runpy.run_path(str(ROOT / 'tests' / 'train_step.py'))['main'](path)
    step = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert step['backbone'] == 'infmae_mm.backbone'
    assert 0 < step['loss'] < float('inf')
    assert step['without'] == step['not_finite'] == step['zero'] == []
