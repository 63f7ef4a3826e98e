"""Pictures of reconstructions: the hook of a training."""

from pathlib import Path

import cv2
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import BaseDataset, Compose
from mmengine.registry import DATASETS
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement
from toy_pretrainer import model_config, scene

from infmae_mm.pretrain import ReconstructionViewHook


@DATASETS.register_module()
class Scenes(BaseDataset):
    """Scenes out of their number."""

    def load_data_list(self):
        return [dict(img_path=f'{i}.png', seed=i) for i in range(8)]

    def prepare_data(self, idx):
        sample = BaseDataElement(metainfo=dict(img_path=f'{idx}.png'))
        return dict(inputs=scene(idx), data_samples=sample)


def train(work_dir, hooks, masking='RandomMasking', val=True):
    loader = dict(
        batch_size=4,
        num_workers=0,
        sampler=dict(type='DefaultSampler', shuffle=True),
        collate_fn=dict(type='default_collate'),
        dataset=dict(type='Scenes'),
    )
    validation = dict(
        val_dataloader={**loader, 'sampler': dict(type='DefaultSampler')},
        val_evaluator=dict(type='ReconstructionMetric'),
        val_cfg=dict(),
    )
    runner = Runner.from_cfg(
        Config(
            dict(
                model=model_config(masking=masking),
                work_dir=str(work_dir),
                train_dataloader=loader,
                train_cfg=dict(by_epoch=True, max_epochs=3, val_interval=2),
                optim_wrapper=dict(optimizer=dict(type='AdamW', lr=1e-3)),
                default_scope='mmpretrain',
                default_hooks=dict(checkpoint=None),
                custom_hooks=hooks,
                visualizer=dict(
                    type='Visualizer',
                    vis_backends=[
                        dict(type='LocalVisBackend'),
                        dict(type='TensorboardVisBackend'),
                    ],
                    name=str(work_dir),
                ),
                randomness=dict(seed=5),
                experiment_name=Path(work_dir).name,
                log_level='WARNING',
                **(validation if val else {}),
            )
        )
    )
    runner.train()
    return runner.model.state_dict(), torch.get_rng_state()


def drawn(work_dir):
    return sorted(p.name for p in work_dir.glob('**/reconstruction_*.png'))


@pytest.mark.slow
def test_training_is_the_same_with_and_without_the_hook(tmp_path):
    hook = dict(type='ReconstructionViewHook', interval=2, images=2)
    without, state = train(tmp_path / 'without', [])
    with_hook, state_with_hook = train(tmp_path / 'with', [hook])
    for name, value in with_hook.items():
        assert torch.equal(value, without[name]), name
    assert torch.equal(state, state_with_hook)
    assert drawn(tmp_path / 'without') == []
    # Two iterations an epoch: after epoch 2, and after the last one.
    assert drawn(tmp_path / 'with') == [
        f'reconstruction_{i}_{step}.png' for i in (0, 1) for step in (4, 6)
    ]
    [picture, *_] = (tmp_path / 'with').glob('**/vis_image/*.png')
    assert cv2.imread(str(picture)).shape[2] == 3
    events = list((tmp_path / 'with').glob('**/events.out.tfevents*'))
    assert events[0].stat().st_size > 10_000


@pytest.mark.slow
def test_the_hook_counts_iterations_and_takes_paths(tmp_path, monkeypatch):
    asked = []

    def pipeline(self, info):
        asked.append(info['img_path'])
        sample = BaseDataElement(metainfo=dict(img_path=info['img_path']))
        return dict(inputs=scene(3), data_samples=sample)

    monkeypatch.setattr(Compose, '__call__', pipeline)
    hook = dict(
        type='ReconstructionViewHook',
        interval=4,
        by_epoch=False,
        images='some/there.png',
    )
    train(tmp_path, [hook])
    assert asked == ['some/there.png']
    assert drawn(tmp_path) == [
        'reconstruction_0_4.png',
        'reconstruction_0_6.png',
    ]


def test_the_hook_needs_validation(tmp_path):
    hook = dict(type='ReconstructionViewHook')
    with pytest.raises(ValueError, match='val_dataloader'):
        train(tmp_path, [hook], val=False)


@pytest.mark.parametrize(
    'wrong', [dict(interval=0), dict(images=0), dict(images=[])]
)
def test_wrong_arguments(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ReconstructionViewHook(**wrong)
