"""Parts of a distributed run: fixed images, and the weights of each rank."""

from pathlib import Path

import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import DATASETS, HOOKS
from mmengine.structures import BaseDataElement
from torch.utils.data import Dataset

CONFIG = """
default_scope = 'mmpretrain'
custom_imports = dict(
    imports=['infmae_mm.engine', 'infmae_mm.pretrain', 'toy_images']
)
model = dict(
    type='InfMAEPretrainer',
    backbone=dict(
        type='InfMAEPretrainEncoder',
        arch='tiny',
        img_size=64,
        masking=dict(type='InformationAwareMasking', stride=4),
    ),
    neck=dict(
        type='InfMAEPretrainDecoder',
        embed_dims=64,
        decoder_embed_dims=32,
        decoder_depth=1,
        decoder_num_heads=4,
    ),
    head=dict(type='InfMAEPretrainHead'),
)
train_dataloader = dict(
    batch_size={batch_size},
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(type='ToyImages'),
)
# With Adam, gradients of zero but for rounding would make steps of any sign.
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.05, momentum=0.9))
train_cfg = dict(by_epoch=True, max_epochs=1)
default_hooks = dict(
    logger=dict(type='LoggerHook', interval=1),
    checkpoint=dict(type='AtomicCheckpointHook'),
)
custom_hooks = [
    dict(type='FiniteLossHook'),
    dict(type='UnreadableImagesHook', interval=2),
    dict(type='RankWeightsHook'),
]
randomness = dict(seed=0)
log_level = 'WARNING'
"""


@DATASETS.register_module()
class ToyImages(Dataset):
    """24 noise images; the last four stand for unreadable ones."""

    first_replaced = 20

    def __len__(self):
        return 24

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        inputs = torch.rand(1, 64, 64, generator=generator) * 255
        unreadable = ()
        if index >= self.first_replaced:
            unreadable = (f'broken_{index}.png',)
        metainfo = dict(img_path=f'{index}.png', unreadable=unreadable)
        sample = BaseDataElement(metainfo=metainfo)
        return dict(inputs=inputs, data_samples=sample)


@HOOKS.register_module()
class RankWeightsHook(Hook):
    """Leave the weights of each process in the work directory."""

    def after_train(self, runner):
        path = Path(runner.work_dir) / f'rank_{get_rank()}.weights'
        model = getattr(runner.model, 'module', runner.model)
        torch.save(model.state_dict(), path)


def write_config(folder: Path, name: str, batch_size: int) -> Path:
    """Write the config of a run."""
    path = folder / f'{name}.py'
    path.write_text(CONFIG.replace('{batch_size}', str(batch_size)))
    return path
