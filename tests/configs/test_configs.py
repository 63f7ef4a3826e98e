"""Every config parses, and builds what it describes."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.fileio import load as read
from mmengine.hooks import Hook
from mmengine.optim import build_optim_wrapper
from mmengine.registry import (
    DATASETS,
    HOOKS,
    MODELS,
    PARAM_SCHEDULERS,
    DefaultScope,
)

from infmae_mm.checkpoint import published_names
from infmae_mm.checkpoint.published import SCHEME
from infmae_mm.engine.launch import set_data_root

ROOT = Path(__file__).parents[2]
PRETRAIN = sorted((ROOT / 'configs' / 'pretrain').glob('*.py'))
RECIPE = ROOT / 'configs/pretrain/infmae_base_4xb64-400e_inf30-224.py'

DEMO = RECIPE.with_name('infmae_tiny_demo.py')


def load(path: Path) -> Config:
    return Config.fromfile(path)


@pytest.fixture
def image_folder(tmp_path):
    for i in range(4):
        image = np.full((40, 50), 40 * i, np.uint8)
        cv2.imwrite(str(tmp_path / f'{i}.png'), image)
    return tmp_path


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        yield


def build_model(cfg: Config) -> torch.nn.Module:
    """Build on the meta device: shapes without memory."""
    with torch.device('meta'):
        return MODELS.build(cfg.model)


@pytest.mark.parametrize('path', PRETRAIN, ids=lambda path: path.stem)
def test_pretrain_config(path, image_folder):
    cfg = load(path)
    set_data_root(cfg, str(image_folder))
    model = build_model(cfg)

    # The pieces fit, at the size that the pipeline gives.
    size = cfg.model.backbone.img_size
    assert model.backbone.embed_dims[2] == model.neck.decoder_embed.in_features

    # The schedule ends where training ends.
    warm_up, cosine = cfg.param_scheduler
    assert warm_up.end == cosine.begin
    assert cosine.end == cfg.train_cfg.max_epochs
    for loader in (
        cfg.train_dataloader,
        cfg.val_dataloader,
        cfg.test_dataloader,
    ):
        sample = DATASETS.build(loader.dataset)[0]
        assert sample['inputs'].shape == (1, size, size)
        assert sample['data_samples'].unreadable == ()
    Evaluator(cfg.val_evaluator)
    Evaluator(cfg.test_evaluator)
    for hook in [*cfg.default_hooks.values(), *cfg.custom_hooks]:
        assert isinstance(HOOKS.build(hook), Hook)


@pytest.mark.parametrize('path', [RECIPE, DEMO], ids=lambda path: path.stem)
def test_only_matrices_decay(path):
    cfg = load(path)
    model = build_model(cfg)
    optimizer = build_optim_wrapper(model, cfg.optim_wrapper).optimizer
    decayed = {
        id(p)
        for group in optimizer.param_groups
        for p in group['params']
        if group['weight_decay']
    }
    trained = dict(model.named_parameters())
    assert sum(len(g['params']) for g in optimizer.param_groups) == len(
        trained
    )
    for name, parameter in trained.items():
        matrix = parameter.ndim > 1 and 'mask_token' not in name
        assert (id(parameter) in decayed) == matrix, name
    for scheduler in cfg.param_scheduler:
        scheduler = {**scheduler, 'optimizer': optimizer}
        scheduler.pop('convert_to_iter_based')
        PARAM_SCHEDULERS.build(scheduler)


def leaves(value, path: str = '') -> dict:
    """The values of a config by their paths, such as 'model.neck.type'."""
    if isinstance(value, (Config, dict)):
        items = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    else:
        return {path: value}
    found = {}
    for key, item in items:
        found |= leaves(item, f'{path}.{key}' if path else str(key))
    return found


def test_recipe_of_the_paper():
    """Section 5.1 of the paper."""
    cfg = load(RECIPE)
    assert cfg.train_cfg.max_epochs == 400
    assert cfg.param_scheduler[0].end == 40
    optimizer = cfg.optim_wrapper.optimizer
    assert optimizer.type == 'AdamW'
    assert optimizer.lr == 1.5e-4
    assert optimizer.betas == (0.9, 0.95)
    assert optimizer.weight_decay == 0.05
    assert cfg.auto_scale_lr.enable
    assert cfg.auto_scale_lr.base_batch_size == 256
    assert 4 * cfg.train_dataloader.batch_size == 256
    assert cfg.model.backbone.masking.stride == 4
    assert cfg.model.neck.decoder_depth == 2
    assert load(RECIPE).optim_wrapper.type == 'BFloat16OptimWrapper'


@pytest.mark.parametrize(
    'name,key,value',
    [
        ('base_4xb64-200e', 'train_cfg.max_epochs', 200),
        ('base_4xb64-800e', 'train_cfg.max_epochs', 800),
        ('base_4xb64-1600e', 'train_cfg.max_epochs', 1600),
        ('base-stride2_4xb64-400e', 'model.backbone.masking.stride', 2),
        ('base-stride7_4xb64-400e', 'model.backbone.masking.stride', 7),
        ('base-stride14_4xb64-400e', 'model.backbone.masking.stride', 14),
        ('base-decoder4_4xb64-400e', 'model.neck.decoder_depth', 4),
        ('base-decoder8_4xb64-400e', 'model.neck.decoder_depth', 8),
        ('base-decoder12_4xb64-400e', 'model.neck.decoder_depth', 12),
        (
            'base-random_4xb64-400e',
            'model.backbone.masking.type',
            'RandomMasking',
        ),
        ('small_4xb64-400e', 'model.backbone.arch', 'small'),
        ('large_4xb64-400e', 'model.backbone.arch', 'large'),
    ],
)
def test_variant_differs_where_its_name_says(name, key, value):
    variant = leaves(load(RECIPE.with_name(f'infmae_{name}_inf30-224.py')))
    recipe = leaves(load(RECIPE))
    assert variant[key] == value != recipe.get(key)
    differs = {
        k for k in {*variant, *recipe} if variant.get(k) != recipe.get(k)
    }
    # What has to follow: the schedule its length, the decoder the width of
    # the encoder, the options of a strategy the strategy.
    follows = {
        'train_cfg.max_epochs': ('max_epochs', 'param_scheduler.1.end'),
        'model.backbone.arch': ('model.neck.embed_dims',),
        'model.backbone.masking.type': ('model.backbone.masking.',),
    }.get(key, ())
    assert not {
        k for k in differs if k != key and not k.startswith(follows or key)
    }


def test_logged_validation_loss_is_that_of_the_epoch():
    """MMEngine averages a loss over the last epochs by default."""
    pattern = load(RECIPE).log_processor.mean_pattern
    assert re.search(pattern, 'loss')
    assert re.search(pattern, 'time')
    assert not re.search(pattern, 'val/loss')
    assert not re.search(pattern, 'lr')


def test_index_names_every_metafile():
    found = (ROOT / 'configs').glob('*/metafile.yml')
    index = read(ROOT / 'model-index.yml')
    assert {ROOT / path for path in index['Import']} == {*found}


def test_metafile_names_every_recipe():
    metafile = read(RECIPE.with_name('metafile.yml'))
    configs = {model['Config'] for model in metafile['Models']}
    recipes = {
        str(path.relative_to(ROOT)) for path in PRETRAIN if path != DEMO
    }
    assert configs == recipes
    (collection,) = metafile['Collections']
    for model in metafile['Models']:
        assert model['Name'] == Path(model['Config']).stem
        assert model['In Collection'] == collection['Name']
        address = model.get('Weights', '')
        if address:
            assert address.removeprefix(SCHEME) in published_names()
