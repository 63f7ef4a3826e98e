"""Schedules that follow the length of a run."""

import argparse

import pytest
import torch
from toy import train, write_config

from infmae_mm.engine.launch import LaunchError, load_config
from infmae_mm.engine.schedules import check_units

SCHEDULE = """
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, end=40, {unit}),
    dict(type='CosineAnnealingLR', begin=40, end=400, {unit}),
]
train_cfg = {train_cfg}
"""
EPOCHS = dict(
    unit='convert_to_iter_based=True',
    train_cfg='dict(by_epoch=True, max_epochs=400)',
)
ITERATIONS = dict(
    unit='by_epoch=False',
    train_cfg="dict(type='IterBasedTrainLoop', max_iters=400)",
)


def load(folder, kind, **options):
    config = write_config(folder, 'schedule', SCHEDULE.format(**kind))
    return load_config(
        argparse.Namespace(
            config=str(config),
            cfg_options=options,
            data_root=None,
            work_dir=None,
            launcher='none',
        )
    )


def spans(cfg):
    return [(s.get('begin', 0), s.end) for s in cfg.param_scheduler]


@pytest.mark.parametrize(
    'kind,key', [(EPOCHS, 'max_epochs'), (ITERATIONS, 'max_iters')]
)
@pytest.mark.parametrize(
    'length,expected',
    [
        (400, [(0, 40), (40, 400)]),
        (200, [(0, 20), (20, 200)]),
        (800, [(0, 80), (80, 800)]),
        (5, [(0, 1), (0, 5)]),
        (1, [(0, 1), (0, 1)]),
    ],
)
def test_one_option_sets_the_length(tmp_path, kind, key, length, expected):
    cfg = load(tmp_path, kind, **{f'train_cfg.{key}': length})
    assert spans(cfg) == expected


def test_schedules_set_by_hand_stay(tmp_path):
    cfg = load(
        tmp_path,
        EPOCHS,
        **{
            'train_cfg.max_epochs': 2,
            'param_scheduler.0.end': 1,
            'param_scheduler.1.begin': 1,
            'param_scheduler.1.end': 2,
        },
    )
    assert spans(cfg) == [(0, 1), (1, 2)]


@pytest.mark.parametrize(
    'unit,train_cfg,named',
    [
        # the rate would stay at the first of the warm-up
        ('by_epoch=True', ITERATIONS['train_cfg'], 'param_scheduler.0'),
        (ITERATIONS['unit'], ITERATIONS['train_cfg'], 'hooks.checkpoint'),
        (
            EPOCHS['unit'],
            'dict(by_epoch=True, max_epochs=4, max_iters=9)',
            'max_iters has no place',
        ),
        (
            EPOCHS['unit'],
            'dict(by_epoch=False, max_epochs=4)',
            'max_epochs has no place',
        ),
        (EPOCHS['unit'], 'dict(by_epoch=True)', 'not given'),
    ],
)
def test_loop_schedules_and_checkpoints_count_the_same(
    tmp_path, unit, train_cfg, named
):
    kind = dict(unit=unit, train_cfg=train_cfg)
    config = write_config(tmp_path, 'units', SCHEDULE.format(**kind))
    with pytest.raises(LaunchError, match=named):
        train([str(config), f'--work-dir={tmp_path / "run"}'])
    assert not (tmp_path / 'run').exists()


@pytest.mark.parametrize('kind,hook', [(EPOCHS, True), (ITERATIONS, False)])
def test_what_counts_the_same_is_taken(tmp_path, kind, hook, capsys):
    check_units(
        load(tmp_path, kind, **{'default_hooks.checkpoint.by_epoch': hook})
    )
    assert 'often 0' not in capsys.readouterr().out


def test_a_schedule_that_ends_early_is_warned_of(tmp_path, capsys):
    kind = dict(EPOCHS, train_cfg='dict(by_epoch=True, max_epochs=500)')
    check_units(load(tmp_path, kind))
    assert 'ends at 400, and the run at 500' in capsys.readouterr().out


WARM_UP = """
param_scheduler = [dict(type='LinearLR', start_factor=0.1, end=1, {unit})]
train_cfg = {train_cfg}
train_dataloader['batch_size'] = 10
"""


@pytest.mark.parametrize('kind', [EPOCHS, ITERATIONS], ids=['epoch', 'iter'])
def test_a_warm_up_of_one_step_is_none(tmp_path, kind):
    """MMEngine would leave the rate where it begins."""
    config = write_config(tmp_path, 'short', WARM_UP.format(**kind))
    unit = 'epoch' if kind is EPOCHS else 'iter'
    options = [
        f'train_cfg.max_{unit}s=2',
        f'default_hooks.checkpoint.by_epoch={kind is EPOCHS}',
        'param_scheduler.0.start_factor=0.1',  # set by hand: not stretched
    ]
    work_dir = tmp_path / 'run'
    train([str(config), f'--work-dir={work_dir}', '--cfg-options', *options])
    saved = torch.load(work_dir / f'{unit}_2.pth', weights_only=False)
    assert saved['optimizer']['param_groups'][0]['lr'] == 0.01


def test_milestones_follow(tmp_path):
    kind = dict(
        unit="by_epoch=True), dict(type='MultiStepLR', milestones=[100, 300]",
        train_cfg=EPOCHS['train_cfg'],
    )
    cfg = load(tmp_path, kind, **{'train_cfg.max_epochs': 4})
    assert cfg.param_scheduler[1].milestones == [1, 3]


@pytest.mark.parametrize(
    'option',
    [
        'train_cfg.max_epochs=0',
        'train_cfg.val_interval=0',
        'default_hooks.logger.interval=0',
        'default_hooks.checkpoint.interval=0',
        'custom_hooks.1.interval=0',
        'train_dataloader.batch_size=0',
    ],
)
def test_zero_is_an_error_that_names_the_option(tmp_path, option):
    key, value = option.split('=')
    with pytest.raises(LaunchError, match=key):
        load(tmp_path, EPOCHS, **{key: int(value)})


@pytest.mark.parametrize(
    'key,value',
    [
        ('train_dataloader.batch_size', '4 '),
        ('train_cfg.max_epochs', '1e'),
        ('optim_wrapper.optimizer.lr', [0, 1]),  # 0,1 with a comma
        ('optim_wrapper.optimizer.lr', '1e-4x'),
        ('optim_wrapper.optimizer.lr', -1e-4),
        ('optim_wrapper.clip_grad', 1.0),
    ],
)
def test_values_of_another_type_are_named(tmp_path, key, value):
    with pytest.raises(LaunchError, match=f'{key}=.*must be'):
        load(tmp_path, EPOCHS, **{key: value})


def test_home_is_read_behind_an_equals_sign(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    config = write_config(tmp_path, 'home')
    cfg = load_config(
        argparse.Namespace(
            config=str(config),
            cfg_options=None,
            data_root='~/images',
            work_dir='~/runs/first',
            launcher='none',
        )
    )
    assert cfg.work_dir == str(tmp_path / 'runs/first')
    assert cfg.train_dataloader.dataset.data_root == str(tmp_path / 'images')


def test_no_workers_do_not_persist(tmp_path):
    cfg = load(
        tmp_path,
        EPOCHS,
        **{
            'train_dataloader.num_workers': 0,
            'train_dataloader.persistent_workers': True,
            'train_dataloader.prefetch_factor': 2,
            'val_dataloader.num_workers': 1,
            'val_dataloader.persistent_workers': True,
        },
    )
    assert cfg.train_dataloader.persistent_workers is False
    assert 'prefetch_factor' not in cfg.train_dataloader
    assert cfg.val_dataloader.persistent_workers is True


@pytest.mark.parametrize(
    'name,content,message',
    [
        ('a.txt', 'model = 1', 'is no config'),
        ('a.pth', 'model = 1', 'is no config'),
        ('a.py', 'model = dict(', 'line 1'),
        ('a.py', "_base_ = 'absent.py'", 'absent.py'),
        ('a.py', 'images = []', 'no dict named "model"'),
        ('a.json', '{"images": []}', 'no dict named "model"'),
        ('a.json', '[1, 2]', 'is no config'),
    ],
)
def test_files_that_are_no_configs(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(LaunchError, match=message) as error:
        load_config(argparse.Namespace(config=str(path), cfg_options=[]))
    assert str(path) in str(error.value)


def test_an_option_without_a_value(tmp_path):
    with pytest.raises(LaunchError, match='KEY=VALUE'):
        load_config(argparse.Namespace(config='a', cfg_options=['train_cfg']))
