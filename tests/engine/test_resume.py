"""Runs that are killed, and go on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from toy import ROOT, train, write_config

from infmae_mm.checkpoint import CheckpointError, read_checkpoint
from infmae_mm.engine import (
    AtomicCheckpointHook,
    latest_resumable,
    read_resumable,
)
from infmae_mm.engine.run_folder import saved_checkpoints


def assert_same_state(a: dict, b: dict) -> None:
    """Weights, optimizer, schedule and position, bit for bit."""
    for key in ('epoch', 'iter', 'seed'):
        assert a['meta'][key] == b['meta'][key]
    torch.testing.assert_close(
        a['state_dict'], b['state_dict'], rtol=0, atol=0
    )
    torch.testing.assert_close(
        a['optimizer']['state'], b['optimizer']['state'], rtol=0, atol=0
    )
    assert a['optimizer']['param_groups'] == b['optimizer']['param_groups']
    assert a['param_schedulers'] == b['param_schedulers']


def killed_run(config: Path, *arguments: str) -> subprocess.CompletedProcess:
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    return subprocess.run(
        [sys.executable, ROOT / 'tools' / 'train.py', config, *arguments],
        env={**os.environ, 'PYTHONPATH': path, 'OMP_NUM_THREADS': '1'},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope='module')
def reference(tmp_path_factory) -> Path:
    """The work directory of an uninterrupted run of 4 epochs."""
    folder = tmp_path_factory.mktemp('reference')
    train([str(write_config(folder, 'reference')), f'--work-dir={folder}'])
    return folder


def test_killed_twice_equals_uninterrupted(reference, tmp_path):
    """Kill -9 amid the second epoch, then half-way in saving the third."""
    work_dir = f'--work-dir={tmp_path}'
    hook = "custom_hooks.append(dict(type='KillHook', at={}))\n"
    config = write_config(tmp_path, 'killed', hook.format(8))
    assert killed_run(config, work_dir).returncode == -9
    assert [p.name for p in saved_checkpoints(tmp_path)] == ['epoch_1.pth']

    hook = hook.format('15, during_save=True')
    config = write_config(tmp_path, 'killed_in_save', hook)
    result = killed_run(config, work_dir, '--resume')
    assert result.returncode == -9, result.stderr
    assert 'epoch_1.pth (epoch 1, iteration 5)' in result.stdout
    [unfinished] = tmp_path.glob('.epoch_3.pth*.part')
    assert unfinished.stat().st_size > 0
    names = [p.name for p in saved_checkpoints(tmp_path)]
    # The oldest goes before the next is saved: one complete one is left.
    assert names == ['epoch_2.pth']

    config = write_config(tmp_path, 'finished')
    train([str(config), work_dir, '--resume'])
    names = sorted(p.name for p in tmp_path.glob('*.pth'))
    assert names == sorted(p.name for p in reference.glob('*.pth'))
    assert len(names) == 3  # the last two and the best
    assert not unfinished.exists()
    assert_same_state(
        read_checkpoint(tmp_path / 'epoch_4.pth'),
        read_checkpoint(reference / 'epoch_4.pth'),
    )


def copy_run(reference: Path, folder: Path) -> None:
    for path in reference.glob('*.pth'):
        (folder / path.name).write_bytes(path.read_bytes())


@pytest.mark.parametrize('kept', [0, 1000, -10])
def test_truncated_is_named_and_skipped(reference, tmp_path, capsys, kept):
    copy_run(reference, tmp_path)
    latest = tmp_path / 'epoch_4.pth'
    latest.write_bytes(latest.read_bytes()[:kept])
    path, checkpoint = latest_resumable(tmp_path)
    assert path.name == 'epoch_3.pth'
    assert checkpoint['meta']['epoch'] == 3
    assert str(latest) in capsys.readouterr().out


def test_resumes_from_the_one_before(reference, tmp_path, capsys):
    copy_run(reference, tmp_path)
    latest = tmp_path / 'epoch_4.pth'
    latest.write_bytes(latest.read_bytes()[:-10])
    config = write_config(tmp_path, 'one_before')
    train([str(config), f'--work-dir={tmp_path}', '--resume'])
    assert str(latest) in capsys.readouterr().out
    assert_same_state(
        read_checkpoint(latest), read_checkpoint(reference / 'epoch_4.pth')
    )


def test_damaged_weights_are_found(reference, tmp_path):
    """A file of the right length with other bytes in a tensor."""
    path = tmp_path / 'epoch_4.pth'
    content = bytearray((reference / 'epoch_4.pth').read_bytes())
    weight = read_resumable(reference / 'epoch_4.pth')['state_dict'][
        'linear.weight'
    ]
    content[content.index(weight.numpy().tobytes())] ^= 255
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r'epoch_4\.pth is damaged'):
        read_resumable(path)


def test_none_complete_is_an_error(tmp_path):
    (tmp_path / 'epoch_1.pth').write_bytes(b'PK')
    with pytest.raises(CheckpointError, match='None of the 1'):
        latest_resumable(tmp_path)


def test_weights_are_no_run(reference):
    (best,) = reference.glob('best_*.pth')
    with pytest.raises(CheckpointError, match='has no optimizer'):
        read_resumable(best)


def test_finished_run_stays_as_it_is(reference, tmp_path, capsys):
    copy_run(reference, tmp_path)
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}
    config = write_config(tmp_path / '..', 'finished_again')
    train([str(config), f'--work-dir={tmp_path}', '--resume'])
    assert 'finished already' in capsys.readouterr().out
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_another_total_batch_size_is_refused(reference, tmp_path):
    copy_run(reference, tmp_path)
    (tmp_path / 'epoch_4.pth').unlink()
    config = write_config(tmp_path, 'other_batch')
    with pytest.raises(SystemExit, match='2 images per iteration') as error:
        train(
            [
                str(config),
                f'--work-dir={tmp_path}',
                '--resume',
                '--cfg-options',
                'train_dataloader.batch_size=5',
            ]
        )
    assert 'train_dataloader.batch_size=2' in str(error.value)


def test_another_model_is_refused(reference, tmp_path):
    copy_run(reference, tmp_path)
    (tmp_path / 'epoch_4.pth').unlink()
    config = write_config(tmp_path, 'other_model')
    options = ['--resume', '--cfg-options', 'model.width=1']
    with pytest.raises(SystemExit, match='linear.weight'):
        train([str(config), f'--work-dir={tmp_path}', *options])


def test_a_schedule_that_outlasts_the_run_goes_on(reference, tmp_path):
    copy_run(reference, tmp_path)
    (tmp_path / 'epoch_4.pth').unlink()
    config = write_config(tmp_path, 'shorter')
    options = ['--resume', '--cfg-options', 'param_scheduler.end=10']
    train([str(config), f'--work-dir={tmp_path}', *options])
    log = next(tmp_path.glob('2*/*.log')).read_text()
    assert 'go on, not those given now' in log


@pytest.mark.parametrize(
    'option,named',
    [
        ('optim_wrapper.optimizer.lr=0.02', 'initial_lr 0.01 there, 0.02 now'),
        ('optim_wrapper.optimizer.weight_decay=0.5', 'weight_decay 0.01'),
        ('optim_wrapper.optimizer.type=SGD', 'betas'),
        ('train_cfg.max_epochs=8', r'param_scheduler.0 end 20 there, 40 now'),
        ('param_scheduler.eta_min=0.001', 'eta_min'),
    ],
)
def test_options_without_effect_are_refused(
    reference, tmp_path, option, named
):
    """The optimizer and its schedules are those of the checkpoint."""
    copy_run(reference, tmp_path)
    (tmp_path / 'epoch_4.pth').unlink()
    before = {p: p.read_bytes() for p in tmp_path.glob('*.pth')}
    config = write_config(tmp_path, 'other_options')
    options = ['--resume', '--cfg-options', option]
    with pytest.raises(SystemExit, match=named) as error:
        train([str(config), f'--work-dir={tmp_path}', *options])
    assert 'load_from=' in str(error.value)
    assert before == {p: p.read_bytes() for p in tmp_path.glob('*.pth')}


def test_the_rate_of_a_run_without_schedules(tmp_path):
    extra = (
        'param_scheduler = None\n'
        'train_cfg.update(max_epochs={})\n'
        'optim_wrapper.update(optimizer=dict(type="AdamW", lr={}))\n'
    )
    run = [f'--work-dir={tmp_path}']
    train([str(write_config(tmp_path, 'first', extra.format(1, 0.01))), *run])
    other = write_config(tmp_path, 'other', extra.format(2, 0.02))
    with pytest.raises(SystemExit, match='lr 0.01 there, 0.02 now'):
        train([str(other), *run, '--resume'])
    # a longer run at the same rate is what was asked for
    longer = write_config(tmp_path, 'longer', extra.format(2, 0.01))
    train([str(longer), *run, '--resume'])
    assert (tmp_path / 'epoch_2.pth').is_file()


def test_a_moving_average_needs_its_hook(tmp_path):
    hook = "custom_hooks.append(dict(type='EMAHook'))\n"
    config = write_config(tmp_path, 'averaged', hook)
    run = [f'--work-dir={tmp_path}']
    train([str(config), *run])
    (tmp_path / 'epoch_4.pth').unlink()
    plain = write_config(tmp_path, 'plain')
    with pytest.raises(SystemExit, match='EMAHook'):
        train([str(plain), *run, '--resume'])
    train([str(config), *run, '--resume'])
    assert (tmp_path / 'epoch_4.pth').is_file()


def test_lone_best_file_is_cleared(reference, tmp_path):
    """A kill between two saves leaves a best file nobody knows of."""
    copy_run(reference, tmp_path)
    (tmp_path / 'epoch_4.pth').unlink()
    (tmp_path / 'best_toy_loss_epoch_4.pth').rename(
        tmp_path / 'best_toy_loss_epoch_2.pth'
    )
    mine = tmp_path / 'best_toy_loss_epoch_2_mine.pth'
    mine.write_bytes(b'')
    config = write_config(tmp_path, 'lone')
    train([str(config), f'--work-dir={tmp_path}', '--resume'])
    best = sorted(p.name for p in tmp_path.glob('best_*'))
    assert best == ['best_toy_loss_epoch_2_mine.pth'] + [
        'best_toy_loss_epoch_4.pth'
    ]


def test_moved_run_keeps_the_best_of_the_old_folder(reference, tmp_path):
    copy_run(reference, tmp_path)
    before = sorted(reference.glob('best_*.pth'))
    (tmp_path / 'epoch_4.pth').unlink()
    config = write_config(tmp_path, 'moved')
    train([str(config), f'--work-dir={tmp_path}', '--resume'])
    assert sorted(reference.glob('best_*.pth')) == before


@pytest.mark.parametrize('number', [0, 1])
def test_too_few_checkpoints(number):
    with pytest.raises(ValueError, match='at least 2'):
        AtomicCheckpointHook(max_keep_ckpts=number)
