"""The loop whose epochs follow each other without a pause."""

import time

import pytest
from mmengine.hooks import Hook
from mmengine.registry import DATA_SAMPLERS, DATASETS, HOOKS
from test_resume import assert_same_state
from torch.utils.data import BatchSampler
from toy import ToyDataset, train, write_config

from infmae_mm.checkpoint import read_checkpoint

SEEN = []
LOADED = []
EXTRA = """
train_dataloader.update(
    num_workers={workers}, persistent_workers={persistent})
train_dataloader['dataset'] = dict(
    type='CountedDataset', data_root='toys', log={log!r})
custom_hooks.append(dict(type='OrderHook', log={log!r}, last={last}))
default_hooks['checkpoint'].update(max_keep_ckpts=-1)
train_cfg.update(max_epochs=3)
"""
SEAMLESS = """
train_cfg.pop('by_epoch')
train_cfg['type'] = 'SeamlessEpochLoop'
"""


@DATA_SAMPLERS.register_module()
class ToyBatchSampler(BatchSampler):
    """As mmdet's: the sampler of the loader is another one."""

    def __init__(self, sampler, batch_size):
        super().__init__(sampler, batch_size, drop_last=False)


@DATASETS.register_module()
class CountedDataset(ToyDataset):
    """Notes in a file what was loaded, by whichever process."""

    def __init__(self, log, **kwargs):
        super().__init__(**kwargs)
        self.log = log

    def __getitem__(self, index):
        with open(self.log, 'a') as file:
            file.write(f'{index}\n')
        return super().__getitem__(index)


@HOOKS.register_module()
class OrderHook(Hook):
    """Notes what a step sees, and how much is loaded as an epoch ends."""

    def __init__(self, log, last):
        self.log = log
        self.last = last

    def _loaded(self):
        with open(self.log) as file:
            return len(file.readlines())

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        SEEN.append([s.img_path for s in data_batch['data_samples']])

    def after_train_epoch(self, runner):
        end = time.monotonic() + (10 if self.last else 0)
        done = 10 * (runner.epoch + 1)
        while self._loaded() <= done < 30 and time.monotonic() < end:
            time.sleep(0.01)
        LOADED.append(self._loaded() - done)


def losses_of(folder, workers, persistent, extra=''):
    folder.mkdir()
    SEEN.clear()
    LOADED.clear()
    log = folder / 'loaded.txt'
    text = EXTRA.format(
        workers=workers,
        persistent=persistent,
        log=str(log),
        last=bool(workers and SEAMLESS in extra),
    )
    config = write_config(folder, 'seamless', text + extra)
    train([str(config), f'--work-dir={folder}'])
    return list(SEEN), list(LOADED), read_checkpoint(folder / 'epoch_3.pth')


@pytest.mark.parametrize(
    ('workers', 'persistent'), [(0, False), (1, True), (2, False)]
)
def test_the_same_run_as_by_the_loop_of_upstream(
    tmp_path, workers, persistent
):
    seen, loaded, state = losses_of(tmp_path / 'upstream', workers, persistent)
    assert len(seen) == 15 and seen[:5] != seen[5:10]
    assert loaded == [0, 0, 0]
    others = losses_of(tmp_path / 'ours', workers, persistent, SEAMLESS)
    assert others[0] == seen
    assert_same_state(others[2], state)
    # what the next epoch begins with was loaded while one ended
    assert [n > 0 for n in others[1]] == [workers > 0, workers > 0, False]


def test_epochs_of_a_batch_sampler_differ(tmp_path):
    extra = (
        "train_dataloader['batch_sampler'] = dict(type='ToyBatchSampler')\n"
    )
    found = [
        losses_of(tmp_path / name, 1, True, extra + loop)[0]
        for name, loop in (('upstream', ''), ('ours', SEAMLESS))
    ]
    assert found[0] == found[1]
    assert found[0][:5] != found[0][5:10]


def test_by_epoch_may_stand_beside_the_type(tmp_path):
    """As in configs of MMPretrain, which say ``by_epoch=True``."""
    extra = SEAMLESS + 'train_cfg.update(by_epoch=True, max_epochs=1)\n'
    config = write_config(tmp_path, 'both', extra)
    train([str(config), f'--work-dir={tmp_path}'])
    assert (tmp_path / 'epoch_1.pth').is_file()
