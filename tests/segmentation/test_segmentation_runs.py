"""Training, validation and resuming through the launchers."""

import runpy
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.fileio import load
from mmseg.registry import MODELS
from PIL import Image, ImageOps

from infmae_mm.backbone import InfMAE
from infmae_mm.checkpoint import read_checkpoint
from infmae_mm.classes import MSRS_CLASSES

ROOT = Path(__file__).parents[2]
train = runpy.run_path(str(ROOT / 'tools' / 'train.py'))['main']
measure = runpy.run_path(str(ROOT / 'tools' / 'test.py'))['main']

MSRS = """
_base_ = '{configs}/infmae-base_{head}_1xb2-240k_msrs-512x512.py'
model = dict(
    data_preprocessor=dict(size=(64, 64)),
    backbone=dict(arch='tiny', init_cfg=dict(checkpoint='{checkpoint}')),
    decode_head=dict(in_channels=[32, 48, 64, 64], channels=8),
    auxiliary_head=dict(in_channels=64, channels=8),
    test_cfg=dict(crop_size=(32, 48), stride=(21, 32)),
)
_base_.train_pipeline[2].scale = (64, 48)
_base_.train_pipeline[3].crop_size = (64, 64)
train_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(data_root='{data}', pipeline=_base_.train_pipeline),
)
val_dataloader = dict(
    num_workers=0, persistent_workers=False, dataset=dict(data_root='{data}')
)
test_dataloader = val_dataloader
train_cfg = dict(max_iters=2, val_interval=1)
default_hooks = dict(checkpoint=dict(interval=1), logger=dict(interval=1))
log_level = 'WARNING'
"""

ONE_CHANNEL = """
model['data_preprocessor'].update(mean=[108.375], std=[51.0])
model['backbone'].update(in_channels=1)
_base_.train_pipeline[0].channels = 1
_base_.test_pipeline[0].channels = 1
val_dataloader['dataset'].update(pipeline=_base_.test_pipeline)
"""


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp('backbone') / 'backbone.pth'
    torch.manual_seed(1)
    torch.save(InfMAE('tiny', out_indices=(2,)).state_dict(), path)
    return path


@pytest.mark.parametrize('head,channels', [('upernet', 3), ('fcn', 1)])
def test_train_validate_and_resume(
    head, channels, msrs, checkpoint, tmp_path, capsys
):
    config = tmp_path / f'{head}.py'
    text = MSRS.format(
        configs=ROOT / 'configs' / 'segmentation',
        head=head,
        checkpoint=checkpoint,
        data=msrs,
    )
    config.write_text(text + ONE_CHANNEL * (channels == 1))
    work_dir = tmp_path / 'run'
    options = [str(config), f'--work-dir={work_dir}']
    train([*options, '--cfg-options', 'train_cfg.max_iters=1'])
    first = read_checkpoint(work_dir / 'iter_1.pth')
    (best,) = work_dir.glob('best_mIoU_iter_1.pth')

    # Warm-up has hardly begun: the weights are those of the file.
    start = read_checkpoint(checkpoint)
    if channels == 1:
        filters = 'patch_embed1.proj.weight'
        start[filters] = start[filters].sum(1, keepdim=True)
    for key, value in start.items():
        torch.testing.assert_close(
            first['state_dict'][f'backbone.{key}'], value, atol=1e-5, rtol=0
        )
    lrs = {
        g['name']: g['initial_lr'] for g in first['optimizer']['param_groups']
    }
    assert lrs['layer_0'] == pytest.approx(1e-4 * 0.75**3)
    assert lrs['layer_3'] == 1e-4

    train([*options, '--resume'])
    assert 'iter_1.pth (epoch 0, iteration 1)' in capsys.readouterr().out
    second = read_checkpoint(work_dir / 'iter_2.pth')
    assert second['meta']['iter'] == 2
    weight = 'decode_head.conv_seg.weight'
    assert (second['state_dict'][weight] != first['state_dict'][weight]).any()
    states = second['optimizer']['state'].values()
    assert {float(state['step']) for state in states} == {2}

    train([*options, '--resume'])
    assert 'finished already' in capsys.readouterr().out
    show_dir = tmp_path / 'drawn'
    metrics = measure(
        [
            str(config),
            str(work_dir / 'iter_2.pth'),
            f'--show-dir={show_dir}',
        ]
    )
    of_classes = {f'IoU_{name}' for name in MSRS_CLASSES}
    assert set(metrics) == {'aAcc', 'mIoU', 'mAcc', *of_classes}
    assert 0 <= metrics['mIoU'] <= metrics['mAcc'] <= 100
    # Labels on the left, the prediction on the right.
    pictures = sorted(p.relative_to(show_dir) for p in show_dir.rglob('*.*'))
    images = sorted(Path(msrs, 'test', 'ir').iterdir())
    assert pictures == [image.relative_to(msrs) for image in images]
    assert cv2.imread(str(show_dir / pictures[0])).shape == (48, 128, 3)


DUMPED = """
_base_ = '{base}'
test_evaluator = dict(
    _delete_=True, type='DumpResults', out_file_path='{out}'
)
"""


def test_mirror_images_are_merged(msrs, checkpoint, tmp_path):
    """With --tta an image and its mirror image have one prediction."""
    base = tmp_path / 'fcn.py'
    base.write_text(
        MSRS.format(
            configs=ROOT / 'configs' / 'segmentation',
            head='fcn',
            checkpoint=checkpoint,
            data=msrs,
        )
    )
    config, out = tmp_path / 'dumped.py', tmp_path / 'found.pkl'
    config.write_text(DUMPED.format(base=base, out=out))
    model = MODELS.build(Config.fromfile(base).model)
    torch.save(model.state_dict(), tmp_path / 'random.pth')
    mirrored = tmp_path / 'mirrored'
    for file in Path(msrs, 'test').rglob('*.png'):
        copy = mirrored / file.relative_to(msrs)
        copy.parent.mkdir(parents=True, exist_ok=True)
        ImageOps.mirror(Image.open(file)).save(copy)

    def found(data, *options):
        weights = str(tmp_path / 'random.pth')
        measure([str(config), weights, f'--data-root={data}', *options])
        return {
            Path(sample['img_path']).name: sample['pred_sem_seg']['data'][0]
            for sample in load(out)
        }

    def truth():
        samples = sorted(load(out), key=itemgetter('img_path'))
        return torch.stack([s['gt_sem_seg']['data'] for s in samples])

    of_mirrored, merged = found(mirrored, '--tta'), found(msrs, '--tta')
    assert len(merged) == len(list(Path(msrs, 'test', 'ir').iterdir()))
    labels_of_merged = truth()
    for name, labels in merged.items():
        torch.testing.assert_close(labels, of_mirrored[name].flip(-1))
    of_mirrored, plain = found(mirrored), found(msrs)
    assert (truth() != truth().flip(-1)).any()
    assert (labels_of_merged == truth()).all()  # they are not mirrored
    assert any(
        (labels != of_mirrored[name].flip(-1)).any()
        for name, labels in plain.items()
    )


UPSTREAM = """
_base_ = '{base}'
custom_imports = dict(imports=['infmae_mm'])
model = dict(
    pretrained=None,
    backbone=dict(
        _delete_=True,
        type='InfMAE',
        arch='tiny',
        init_cfg=dict(type='Pretrained', checkpoint='{checkpoint}'),
    ),
    decode_head=dict({decode_head}),
    auxiliary_head=dict(in_channels=64, channels=8),
)
"""


@pytest.fixture(scope='module')
def ade20k(tmp_path_factory):
    """Two images in the layout of ADE20K, and their labels."""
    root = tmp_path_factory.mktemp('ade')
    rng = np.random.default_rng(0)
    for part in ('training', 'validation'):
        for folder, suffix in (('images', 'jpg'), ('annotations', 'png')):
            path = root / folder / part
            path.mkdir(parents=True)
            for i in range(2):
                image = rng.integers(0, 151, (64, 64), np.uint8)
                cv2.imwrite(str(path / f'{i}.{suffix}'), image)
    return root


@pytest.mark.parametrize(
    'config,decode_head',
    [
        (
            'upernet/upernet_r50_4xb4-160k_ade20k-512x512.py',
            'in_channels=[32, 48, 64, 64], channels=8',
        ),
        (
            'fcn/fcn_r50-d8_4xb4-160k_ade20k-512x512.py',
            'in_channels=64, channels=8',
        ),
    ],
    ids=['upernet', 'fcn'],
)
def test_inside_a_config_of_mmseg(
    config, decode_head, ade20k, checkpoint, tmp_path
):
    """Backbone, channels and checkpoint change, the rest is mmseg's."""
    configs = Path(find_spec('mmseg').origin).parent / '.mim' / 'configs'
    path = tmp_path / 'config.py'
    path.write_text(
        UPSTREAM.format(
            base=configs / config,
            checkpoint=checkpoint,
            decode_head=decode_head,
        )
    )
    norms = Config.fromfile(path).model.decode_head.norm_cfg
    assert norms.type == 'SyncBN'
    # What is smaller here than there, for the time of the test.
    small = [
        'train_cfg.max_iters=1',
        'train_cfg.val_interval=1',
        'train_dataloader.batch_size=2',
        'train_dataloader.num_workers=0',
        'train_dataloader.persistent_workers=False',
        'train_dataloader.dataset.pipeline.2.scale=(64, 64)',
        'train_dataloader.dataset.pipeline.3.crop_size=(64, 64)',
        'model.data_preprocessor.size=(64, 64)',
        'val_dataloader.num_workers=0',
        'val_dataloader.persistent_workers=False',
        'val_dataloader.dataset.pipeline.1.scale=(64, 64)',
        'default_hooks.checkpoint.interval=1',
        'log_level=WARNING',
    ]
    train(
        [
            str(path),
            f'--work-dir={tmp_path / "run"}',
            f'--data-root={ade20k}',
            '--cfg-options',
            *small,
        ]
    )
    state = read_checkpoint(tmp_path / 'run' / 'iter_1.pth')['state_dict']
    assert state['decode_head.conv_seg.weight'].shape[:2] == (150, 8)
    assert any('running_mean' in key for key in state)
    assert all(value.isfinite().all() for value in state.values())
