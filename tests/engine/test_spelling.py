"""Misspelt keys in configs and options."""

from pathlib import Path

import pytest
from mmengine.config import Config

import infmae_mm.engine  # noqa: F401  (registers hooks)
from infmae_mm.engine.spelling import (
    SpellingError,
    check_options,
    check_spelling,
)

ROOT = Path(__file__).parents[2]
CONFIGS = {
    wing: ROOT / 'configs' / name
    for wing, name in dict(
        pretrain='pretrain/infmae_tiny_1xb64-200e_inf30-128.py',
        segmentation='segmentation/infmae-tiny_upernet_1xb4-500_udder-'
        '240x320.py',
        detection='detection/mask-rcnn_infmae-tiny_fpn_1xb8-600_hit-uav-'
        '320x256_scratch.py',
        small_target='small_target/infmae-tiny_1xb8-1200_sirst-128x128.py',
    ).items()
}


@pytest.fixture(scope='module', params=CONFIGS)
def wing(request):
    if request.param == 'small_target' or request.param == 'segmentation':
        pytest.importorskip('mmseg')
    if request.param == 'detection':
        pytest.importorskip('mmdet')
    return request.param


def load(wing):
    return Config.fromfile(CONFIGS[wing])


def test_configs_are_spelt_well(wing):
    check_spelling(load(wing))


@pytest.mark.parametrize(
    'option,nearest',
    [
        ('optim_warpper.optimizer.lr', 'optim_wrapper'),
        ('optim_wrapper.optimizer.lrr', 'lr'),
        ('optim_wrapper.optimzer.lr', 'optimizer'),
        ('optim_wrapper.acumulative_counts', 'accumulative_counts'),
        ('train_dataloader.batchsize', 'batch_size'),
        ('train_dataloader.dataset.data_rot', 'data_root'),
        ('train_cfg.val_intervall', 'val_interval'),
        ('param_scheduler.0.edn', 'end'),
        ('default_hooks.checkpoint.max_keep_ckpt', 'max_keep_ckpts'),
        ('default_hooks.loger.interval', 'logger'),
        ('model.backbone.drop_path_rat', 'drop_path_rate'),
        ('model.backbone.init_cfg.chekpoint', 'checkpoint'),
        ('auto_scale_lr.base_batchsize', 'base_batch_size'),
        ('randomness.sead', 'seed'),
        ('env_cfg.cudnn_benchmrk', 'cudnn_benchmark'),
    ],
)
def test_option_at_any_depth(option, nearest):
    cfg = load('pretrain')
    if 'init_cfg' in option:
        cfg.model.backbone.init_cfg = dict(
            type='Pretrained', checkpoint='a.pth'
        )
    with pytest.raises(SpellingError, match='Did you mean') as error:
        check_options(cfg, {option: 1})
    assert option in str(error.value)
    assert nearest in str(error.value).split('Did you mean')[1]


@pytest.mark.parametrize(
    'option',
    [
        'optim_wrapper.accumulative_counts',
        'optim_wrapper.clip_grad.max_norm',
        'optim_wrapper.optimizer.eps',
        'train_dataloader.prefetch_factor',
        'train_dataloader.dataset.max_refetch',
        'train_cfg.val_begin',
        'param_scheduler.1.end',
        'default_hooks.checkpoint.save_last',
        'default_hooks.early.type',
        'model.backbone.with_cp',
        'model.backbone.init_cfg.prefix',
        'optim_wrapper.constructor',
        'train_dataloader.batch_sampler.type',
        'custom_hooks.0.priority',
        'find_unused_parameters',
        'load_from',
    ],
)
def test_what_the_types_take_may_be_new(option):
    cfg = load('pretrain')
    cfg.model.backbone.init_cfg = dict(type='Pretrained', checkpoint='a.pth')
    check_options(cfg, {option: 1})


def test_a_list_has_no_such_index():
    with pytest.raises(SpellingError, match='a list of 2'):
        check_options(load('pretrain'), {'param_scheduler.2.end': 1})


@pytest.mark.parametrize(
    'option,advice',
    [
        ('max_epochs', 'What counts is train_cfg.max_epochs.'),
        ('base_lr', 'What counts is optim_wrapper.optimizer.lr.'),
        (
            'train_pipeline.1.scale',
            'What counts is train_dataloader.dataset.pipeline.1.scale.',
        ),
        ('data_root', '--data-root'),
        ('img_size', 'in a copy of the file'),
    ],
)
def test_what_only_the_file_reads(option, advice):
    cfg = load('pretrain')
    cfg.setdefault(option.split('.')[0], 1)
    with pytest.raises(SpellingError, match='nothing reads it') as error:
        check_options(cfg, {option: 1})
    assert advice in str(error.value)


@pytest.mark.parametrize(
    'where,nearest',
    [
        ("model = dict(backbone=dict(arhc='tiny'))", 'arch'),
        ('train_dataloader = dict(num_worker=0)', 'num_workers'),
        ('train_dataloader = dict(dataset=dict(max_image=3))', 'max_images'),
        ('optim_wrapper = dict(paramwise_cfg=dict(norm_decay=0))', 'norm_'),
        ('default_hooks = dict(checkpoint=dict(intervall=1))', 'interval'),
        ('train_cfg = dict(max_epoch=1)', 'max_epochs'),
        ('optim_wraper = dict(optimizer=dict(lr=1))', 'optim_wrapper'),
        (
            "model = dict(backbone=dict(type='InfMAEPretrainEncodr'))",
            'Encoder',
        ),
    ],
)
def test_an_inheriting_config(tmp_path, where, nearest):
    path = tmp_path / 'mine.py'
    path.write_text(f'_base_ = {str(CONFIGS["pretrain"])!r}\n{where}\n')
    cfg = Config.fromfile(path)
    with pytest.raises(SpellingError, match='Did you mean') as error:
        check_spelling(cfg)
    assert nearest in str(error.value).split('Did you mean')[1]


@pytest.mark.parametrize('key', ['strid', 'mod'])
def test_dicts_without_a_type(key):
    pytest.importorskip('mmseg')
    cfg = Config.fromfile(CONFIGS['segmentation'])
    cfg.model.test_cfg = dict(mode='slide', stride=(2, 2), crop_size=(3, 3))
    with pytest.raises(SpellingError):
        check_options(cfg, {f'model.test_cfg.{key}': 1})
    check_options(cfg, {'model.test_cfg.batched_slide': True})


def test_parts_with_a_registry_of_their_own():
    """A cost of mmdet's assigners is no misspelt loss."""
    pytest.importorskip('mmdet.models')
    costs = [dict(type='CrossEntropyLossCost', weight=1.0)]
    model = dict(type='MaskRCNN', train_cfg=dict(assigner=costs))
    check_spelling(Config(dict(default_scope='mmdet', model=model)))


@pytest.mark.parametrize(
    'name',
    [
        'detr/detr_r50_8xb2-150e_coco.py',  # a key of the loss for the head
        'fpg/faster-rcnn_r50_fpg_crop640-50e_coco.py',  # parts without names
        'vfnet/vfnet_r50_fpn_1x_coco.py',  # super(FCOSHead, self).__init__
    ],
)
def test_configs_of_mmdet_are_spelt_well(name):
    mmdet = pytest.importorskip('mmdet.models')
    configs = Path(mmdet.__file__).parents[1] / '.mim' / 'configs'
    cfg = Config.fromfile(configs / name)
    check_spelling(cfg)
    head = dict(type='VFNetHead', num_clases=80)
    cfg.model = dict(type='VFNet', bbox_head=head)
    with pytest.raises(SpellingError, match='num_classes'):
        check_spelling(cfg)


def test_a_config_that_inherits_by_the_name_of_a_package(tmp_path):
    """MMEngine notes the package in each dict that has a type."""
    pytest.importorskip('mmdet.models')
    path = tmp_path / 'mine.py'
    text = "_base_ = 'mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py'\n"
    path.write_text(text)
    check_spelling(Config.fromfile(path))
    path.write_text(f'{text}val_cfg = dict(fp61=True)\n')
    with pytest.raises(SpellingError, match='fp16'):
        check_spelling(Config.fromfile(path))
