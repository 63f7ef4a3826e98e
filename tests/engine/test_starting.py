"""Where a run starts: one answer for all processes, and nothing lost."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config, ConfigDict
from torch.utils.data import BatchSampler, DataLoader
from toy import ROOT, train, write_config

from infmae_mm.checkpoint import CheckpointError, read_checkpoint
from infmae_mm.engine import AtomicCheckpointHook, read_resumable
from infmae_mm.engine.checkpoints import total_batch_size
from infmae_mm.engine.processes import LaunchError
from infmae_mm.engine.starting import check_weights


@pytest.fixture(scope='module')
def reference(tmp_path_factory) -> Path:
    """The work directory of a run of 4 epochs."""
    folder = tmp_path_factory.mktemp('reference')
    train([str(write_config(folder, 'reference')), f'--work-dir={folder}'])
    return folder


@pytest.mark.slow
def test_rank_without_the_file_stops_both_before_training(reference, tmp_path):
    """Two machines whose folders are not shared, by a relative path."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = str(free.getsockname()[1])
    config = write_config(tmp_path, 'unshared')
    processes = []
    for rank in range(2):
        folder = tmp_path / f'machine_{rank}'
        (folder / 'run').mkdir(parents=True)
        if rank == 0:
            shutil.copy(reference / 'epoch_3.pth', folder / 'run')
        path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
        env = dict(
            os.environ,
            RANK=str(rank),
            LOCAL_RANK=str(rank),
            WORLD_SIZE='2',
            MASTER_ADDR='127.0.0.1',
            MASTER_PORT=port,
            OMP_NUM_THREADS='1',
            CUDA_VISIBLE_DEVICES='',
            PYTHONPATH=path,
        )
        command = [sys.executable, ROOT / 'tools' / 'train.py', config]
        command += ['--work-dir', 'run', '--resume', '--launcher', 'pytorch']
        processes.append(
            subprocess.Popen(
                command,
                cwd=folder,
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    for process, output in zip(processes, outputs, strict=True):
        assert process.returncode == 1, output
        assert 'process 1: run/epoch_3.pth' in output
        assert 'is not there' in output
        assert 'Traceback' not in output
    assert not (tmp_path / 'machine_1' / 'run' / 'epoch_4.pth').exists()


@pytest.mark.slow
def test_killed_before_the_last_validation(reference, tmp_path, capsys):
    """The last checkpoint is there, its validation and its best file not."""
    weights = torch.load(reference / 'epoch_4.pth', weights_only=False)
    before = torch.load(reference / 'epoch_3.pth', weights_only=False)
    weights['message_hub'] = before['message_hub']
    torch.save(weights, tmp_path / 'epoch_4.pth')
    shutil.copy(reference / 'epoch_3.pth', tmp_path)
    config = write_config(tmp_path, 'unvalidated')
    arguments = [str(config), f'--work-dir={tmp_path}', '--resume']
    train(arguments)
    assert 'finished already' not in capsys.readouterr().out
    [best] = tmp_path.glob('best_*.pth')
    [expected] = reference.glob('best_*.pth')
    assert best.name == expected.name == 'best_toy_loss_epoch_4.pth'
    torch.testing.assert_close(
        read_checkpoint(best)['state_dict'],
        read_checkpoint(expected)['state_dict'],
        rtol=0,
        atol=0,
    )
    train(arguments)
    assert 'finished already' in capsys.readouterr().out


def test_last_checkpoint_is_named(reference):
    name = (reference / 'last_checkpoint').read_text()
    assert Path(name) == reference / 'epoch_4.pth'
    assert (reference / 'last_validation').read_text() == '20'


def test_two_best_metrics_and_a_published_copy(tmp_path):
    """What the hook takes from upstream's does what it does there."""
    extra = (
        'train_cfg.update(max_epochs=2)\n'
        "default_hooks['checkpoint'].update(\n"
        "    save_best=['toy/loss', 'toy/other'], rule=['less', 'greater'],\n"
        "    published_keys=['state_dict', 'meta'])\n"
        "val_evaluator.update(type='TwoMetrics')\n"
    )
    config = write_config(tmp_path, 'two', extra)
    train([str(config), f'--work-dir={tmp_path}'])
    names = {p.name for p in tmp_path.glob('*.pth')}
    assert {'best_toy_loss_epoch_2.pth', 'best_toy_other_epoch_1.pth'} <= names
    [published] = tmp_path.glob('epoch_2-????????.pth')
    assert set(read_checkpoint(published)) == {'state_dict', 'meta'}


def test_save_last_may_be_switched_off(tmp_path):
    extra = (
        'train_cfg.update(max_epochs=1)\n'
        "default_hooks['checkpoint'].update(interval=5, save_last=False)\n"
    )
    config = write_config(tmp_path, 'no_last', extra)
    train([str(config), f'--work-dir={tmp_path}'])
    assert not list(tmp_path.glob('epoch_*.pth'))


def test_an_interval_of_zero():
    with pytest.raises(ValueError, match='-1 for none'):
        AtomicCheckpointHook(interval=0)


def test_an_optimizer_that_is_not_finite(reference, tmp_path):
    path = tmp_path / 'epoch_4.pth'
    checkpoint = torch.load(reference / 'epoch_4.pth', weights_only=False)
    checkpoint['optimizer']['state'][0]['exp_avg'][0, 0] = float('nan')
    torch.save(checkpoint, path)
    read_checkpoint(path)
    with pytest.raises(CheckpointError, match=r'optimizer\.0\.exp_avg'):
        read_resumable(path)


def test_ctrl_c_tells_the_way_on(tmp_path, capsys):
    extra = "custom_hooks.append(dict(type='InterruptHook', at=8))\n"
    config = write_config(tmp_path, 'interrupted', extra)
    with pytest.raises(SystemExit) as error:
        train([str(config), f'--work-dir={tmp_path}'])
    assert error.value.code == 130
    output = capsys.readouterr().out
    assert 'Stopped at iteration 7' in output
    assert f'--resume goes on from {tmp_path / "epoch_1.pth"}' in output


@pytest.mark.slow
def test_accumulated_batches_count(reference, tmp_path):
    """5 batches of 2 a step are 10 images, for the rate and for --resume."""
    extra = (
        'optim_wrapper.update(accumulative_counts=5)\n'
        'auto_scale_lr = dict(enable=True, base_batch_size=20)\n'
    )
    config = write_config(tmp_path, 'accumulated', extra)
    train([str(config), f'--work-dir={tmp_path}'])
    saved = read_checkpoint(tmp_path / 'epoch_4.pth')
    assert saved['meta']['total_batch_size'] == 10
    assert saved['optimizer']['param_groups'][0]['initial_lr'] == 0.005
    shutil.copy(reference / 'epoch_3.pth', tmp_path / 'other.pth')
    with pytest.raises(SystemExit, match='saw 2 images') as error:
        train(
            [
                str(config),
                f'--work-dir={tmp_path / "b"}',
                f'--resume={tmp_path / "other.pth"}',
            ]
        )
    assert '5 batches a step' in str(error.value)


def pretrained(path):
    return dict(type='Pretrained', checkpoint=path)


@pytest.mark.parametrize(
    'extra,named',
    [
        (dict(load_from='absent.pth'), 'absent.pth'),
        (
            dict(model=dict(neck=dict(init_cfg=pretrained('no.pth')))),
            r'no.pth.*docs/starts.md',
        ),
        # of which the model takes what matches: here, nothing
        (dict(model=dict(init_cfg=pretrained(__file__))), 'load_from'),
        (dict(model=dict(init_cfg=[pretrained(__file__)])), 'load_from'),
    ],
)
def test_weights_are_looked_at_before_images(extra, named):
    with pytest.raises(LaunchError, match=named):
        check_weights(Config(dict(model=dict(type='A')) | extra))


@pytest.mark.parametrize(
    'backbone,load_from,warned',
    [
        (dict(frozen_stages=1), None, True),
        (dict(frozen_stages=1, init_cfg=pretrained(None)), None, True),
        (
            dict(frozen_stages=1, init_cfg=pretrained('infmae_mm://a')),
            None,
            False,
        ),
        (dict(frozen_stages=1), 'start.pth', False),
        (dict(), None, False),
    ],
)
def test_frozen_at_random_is_told(
    tmp_path, capsys, backbone, load_from, warned
):
    if load_from:
        load_from = str(tmp_path / load_from)
        torch.save({'a': torch.ones(1)}, load_from)
    model = dict(backbone=dict(type='InfMAE', **backbone))
    check_weights(Config(dict(model=model, load_from=load_from)))
    assert ('at random' in capsys.readouterr().out) == warned


def test_a_moving_average_starts_from_a_bare_state_dict(reference, tmp_path):
    weights = read_checkpoint(reference / 'epoch_4.pth')['state_dict']
    torch.save(weights, tmp_path / 'bare.pth')
    extra = (
        "custom_hooks.append(dict(type='EMAHook'))\n"
        f'load_from = {str(tmp_path / "bare.pth")!r}\n'
        'train_cfg.update(max_epochs=1)\n'
    )
    config = write_config(tmp_path, 'averaged', extra)
    train([str(config), f'--work-dir={tmp_path / "run"}'])
    average = read_checkpoint(tmp_path / 'run' / 'epoch_1.pth')['state_dict']
    # 5 steps of 0.01
    torch.testing.assert_close(average, weights, rtol=0, atol=0.06)


def test_load_from_runs_no_code(reference, tmp_path):
    class Attack:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'victim'),)

    path = tmp_path / 'attack.pth'
    weights = read_checkpoint(reference / 'epoch_4.pth')['state_dict']
    torch.save({'state_dict': weights, 'meta': Attack()}, path)
    config = write_config(tmp_path, 'attacked')
    with pytest.raises(SystemExit, match='any code'):
        train(
            [
                str(config),
                f'--work-dir={tmp_path / "run"}',
                '--cfg-options',
                f'load_from={path}',
            ]
        )
    assert not (tmp_path / 'victim').exists()


def test_images_of_a_step_with_a_batch_sampler():
    """The first checkpoint ended in a TypeError."""
    sampler = BatchSampler(range(6), 3, drop_last=False)
    runner = SimpleNamespace(
        train_dataloader=DataLoader(range(6), batch_sampler=sampler),
        cfg=ConfigDict(
            train_dataloader=dict(batch_size=3),
            optim_wrapper=dict(accumulative_counts=4),
        ),
    )
    assert total_batch_size(runner) == 12
