"""A run that needs MMEngine only: a linear model on fixed samples."""

import os
import runpy
import signal
from contextlib import suppress
from pathlib import Path

import torch
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, HOOKS, METRICS, MODELS
from mmengine.structures import BaseDataElement
from torch.utils.data import Dataset

ROOT = Path(__file__).parents[2]

train = runpy.run_path(str(ROOT / 'tools' / 'train.py'))['main']

CONFIG = """
custom_imports = dict(imports=['infmae_mm.engine', 'toy'])
model = dict(type='ToyModel')
train_dataloader = dict(
    batch_size=2,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(type='ToyDataset', data_root='toys'),
)
val_dataloader = dict(
    batch_size=2,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(type='ToyDataset', data_root='toys'),
)
val_evaluator = dict(type='ToyMetric')
test_dataloader = val_dataloader
test_evaluator = val_evaluator
optim_wrapper = dict(optimizer=dict(type='AdamW', lr=0.01))
param_scheduler = dict(
    type='CosineAnnealingLR', end=4, convert_to_iter_based=True
)
train_cfg = dict(by_epoch=True, max_epochs=4, val_interval=1)
val_cfg = dict()
test_cfg = dict()
default_hooks = dict(
    logger=dict(type='LoggerHook', interval=1),
    checkpoint=dict(
        type='AtomicCheckpointHook',
        max_keep_ckpts=2,
        save_best='toy/loss',
        rule='less',
    ),
)
custom_hooks = [
    dict(type='FiniteLossHook'),
    dict(type='UnreadableImagesHook', interval=2),
]
randomness = dict(seed=0, diff_rank_seed=True)
log_level = 'WARNING'
"""


@MODELS.register_module()
class ToyModel(BaseModel):
    """A linear layer; NaN in the input is NaN in the loss."""

    def __init__(self, width=3):
        super().__init__()
        self.linear = torch.nn.Linear(3, width)

    def forward(self, inputs, data_samples=None, mode='tensor'):
        error = (self.linear(inputs) - inputs.sum(-1, keepdim=True)).square()
        if mode == 'loss':
            return dict(loss=error.mean())
        for sample, value in zip(data_samples, error, strict=True):
            sample.error = float(value.mean())
        return data_samples


@DATASETS.register_module()
class ToyDataset(Dataset):
    """Ten samples; those of ``unreadable`` name a path that was replaced."""

    def __init__(self, data_root, unreadable=(), nan_at=None):
        self.data_root = data_root
        self.unreadable = unreadable
        self.nan_at = nan_at

    def __len__(self):
        return 10

    def __getitem__(self, index):
        inputs = torch.randn(3, generator=torch.Generator().manual_seed(index))
        if index == self.nan_at:
            inputs *= float('nan')
        unreadable = ()
        if index in self.unreadable:
            unreadable = (f'{self.data_root}/broken_{index}.png',)
        sample = BaseDataElement(
            metainfo=dict(
                img_path=f'{self.data_root}/{index}.png',
                unreadable=unreadable,
            )
        )
        return dict(inputs=inputs, data_samples=sample)


@METRICS.register_module()
class ToyMetric(BaseMetric):
    default_prefix = 'toy'

    def process(self, data_batch, data_samples):
        self.results.extend(sample['error'] for sample in data_samples)

    def compute_metrics(self, results):
        return dict(loss=sum(results) / len(results))


@METRICS.register_module()
class TwoMetrics(ToyMetric):
    def compute_metrics(self, results):
        loss = sum(results) / len(results)
        return dict(loss=loss, other=loss)


@HOOKS.register_module()
class InterruptHook(Hook):
    """Press Ctrl-C at an iteration."""

    def __init__(self, at):
        self.at = at

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        if runner.iter + 1 == self.at:
            raise KeyboardInterrupt


@HOOKS.register_module()
class FillHook(Hook):
    """Fill the disk that the work directory lies on, at an iteration."""

    def __init__(self, at):
        self.at = at

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        if runner.iter + 1 != self.at:
            return
        filler = Path(runner.work_dir).parent / 'filler'
        with open(filler, 'wb', buffering=0) as file, suppress(OSError):
            while True:
                file.write(b'x' * 4096)


@HOOKS.register_module()
class KillHook(Hook):
    """Kill the process at an iteration, or half-way in a write after it."""

    def __init__(self, at, during_save=False):
        self.at = at
        self.during_save = during_save

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        if runner.iter + 1 != self.at:
            return
        if self.during_save:
            os.fsync = kill_half_way
        else:
            os.kill(os.getpid(), signal.SIGKILL)


def kill_half_way(fileno):
    """Stand in for ``os.fsync``: only half of the file has been written."""
    os.ftruncate(fileno, os.fstat(fileno).st_size // 2)
    os.kill(os.getpid(), signal.SIGKILL)


def write_config(folder: Path, name: str, extra: str = '') -> Path:
    """Write the config of a run, outside its work directory."""
    path = folder / 'configs' / f'{name}.py'
    path.parent.mkdir(exist_ok=True)
    path.write_text(CONFIG + extra)
    return path
