"""The hooks in runs of one process."""

import re

import pytest
import torch
from toy import train, write_config

from infmae_mm.checkpoint import read_checkpoint
from infmae_mm.engine.run_folder import saved_checkpoints


def run(folder, name, extra, *arguments):
    config = write_config(folder, name, extra)
    train([str(config), f'--work-dir={folder}', *arguments])


def log_of(folder):
    return ''.join(p.read_text() for p in sorted(folder.glob('*/*.log')))


def test_loss_that_is_not_finite_stops(tmp_path):
    extra = (
        'train_dataloader.update(\n'
        "    sampler=dict(type='DefaultSampler', shuffle=False))\n"
        "train_dataloader['dataset'] = dict(\n"
        "    type='ToyDataset', data_root='toys', nan_at=7)\n"
    )
    with pytest.raises(FloatingPointError) as error:
        run(tmp_path, 'not_finite', extra)
    message = str(error.value)
    assert 'iteration 4 (epoch 1)' in message
    assert 'toys/6.png' in message
    assert 'toys/7.png' in message
    assert 'toys/5.png' not in message
    assert not saved_checkpoints(tmp_path)


@pytest.mark.slow
def test_unreadable_images_are_reported_once(tmp_path):
    extra = (
        'train_dataloader.update(num_workers=2)\n'
        "train_dataloader['dataset'] = dict(\n"
        "    type='ToyDataset', data_root='toys', unreadable=(3, 8))\n"
        "val_dataloader['dataset'] = dict(\n"
        "    type='ToyDataset', data_root='val\\udcff', unreadable=(3,))\n"
        'train_cfg.update(max_epochs={})\n'
    )
    run(tmp_path, 'unreadable', extra.format(2))
    listed = tmp_path / 'unreadable_images.txt'
    lines = listed.read_bytes().splitlines()
    assert sorted(lines) == [
        b'toys/broken_3.png',
        b'toys/broken_8.png',
        b'val\xff/broken_3.png',
    ]
    run(tmp_path, 'unreadable_resumed', extra.format(4), '--resume')
    assert listed.read_bytes().splitlines() == lines
    log = log_of(tmp_path)
    for path in ('toys/broken_3', 'toys/broken_8', 'val\\udcff/broken_3'):
        assert log.count(path + '.png') == 1
    assert '(3 so far)' in log


def test_bfloat16_trains_float32_weights(tmp_path):
    run(tmp_path, 'amp', 'train_cfg.update(max_epochs=1)\n', '--amp')
    checkpoint = read_checkpoint(tmp_path / 'epoch_1.pth')
    assert "type='BFloat16OptimWrapper'" in checkpoint['meta']['cfg']
    weight = checkpoint['state_dict']['linear.weight']
    assert weight.dtype == torch.float32


@pytest.mark.slow
def test_the_first_iteration_of_a_start_is_logged(tmp_path):
    extra = (
        "log_level = 'INFO'\n"
        'train_cfg.update(max_epochs={})\n'
        "default_hooks.update(logger=dict(type='PromptLoggerHook', "
        'interval=4))\n'
    )
    run(tmp_path, 'prompt', extra.format(2))
    run(tmp_path, 'prompt_resumed', extra.format(3), '--resume')
    found = re.findall(r'Epoch\(train\) +(\[\d+\]\[\d+/5\])', log_of(tmp_path))
    # five iterations an epoch: of every start the first, then each fourth
    assert found == [
        '[1][1/5]',
        '[1][4/5]',
        '[2][4/5]',
        '[3][1/5]',
        '[3][4/5]',
    ]
