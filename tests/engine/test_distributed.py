"""Two processes on the CPU, started as a user would."""

import os
import subprocess
import sys
from pathlib import Path

import torch
import toy
from toy import ROOT, train
from toy_images import write_config


def two_processes(config: Path, work_dir: Path) -> subprocess.CompletedProcess:
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    return subprocess.run(
        [
            ROOT / 'tools' / 'dist_train.sh',
            config,
            '2',
            '--work-dir',
            work_dir,
        ],
        env={
            **os.environ,
            'PYTHON': sys.executable,
            'PYTHONPATH': path,
            'OMP_NUM_THREADS': '1',
            'CUDA_VISIBLE_DEVICES': '',
        },
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_two_processes_equal_one_with_the_same_total_batch(tmp_path):
    config = write_config(tmp_path, 'two', batch_size=2)
    result = two_processes(config, tmp_path / 'two')
    assert result.returncode == 0, result.stderr
    first, second = (
        torch.load(tmp_path / 'two' / f'rank_{rank}.weights')
        for rank in range(2)
    )
    torch.testing.assert_close(first, second, rtol=0, atol=0)

    config = write_config(tmp_path, 'one', batch_size=4)
    train([str(config), f'--work-dir={tmp_path / "one"}'])
    one = torch.load(tmp_path / 'one' / 'rank_0.weights')
    torch.testing.assert_close(first, one, rtol=1e-5, atol=1e-6)

    # Each process met other images; the report is one.
    listed = (tmp_path / 'two' / 'unreadable_images.txt').read_text().split()
    assert sorted(listed) == [f'broken_{i}.png' for i in range(20, 24)]
    assert '(4 so far)' in result.stderr + result.stdout


def test_both_stop_where_the_loss_of_one_is_not_finite(tmp_path):
    # Of the ten samples, the second process sees the odd ones.
    extra = (
        'train_dataloader.update(\n'
        "    sampler=dict(type='DefaultSampler', shuffle=False))\n"
        "train_dataloader['dataset'].update(nan_at=9)\n"
    )
    config = toy.write_config(tmp_path, 'not_finite', extra)
    result = two_processes(config, tmp_path / 'not_finite')
    assert result.returncode != 0
    # One error per process; torchrun may repeat the one it saw first.
    errors = result.stderr.count('FloatingPointError: The loss of iteration 3')
    assert errors >= 2
    assert 'toys/9.png' in result.stderr
    assert 'toys/8.png' not in result.stderr
    assert not list((tmp_path / 'not_finite').glob('*.pth'))
