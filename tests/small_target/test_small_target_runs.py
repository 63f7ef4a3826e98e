"""Training, validation and test of each network through the launchers."""

import runpy
from pathlib import Path

import cv2
import pytest
import torch

from infmae_mm import InfMAE
from infmae_mm.checkpoint import read_checkpoint
from infmae_mm.synthetic.layouts import write_scenes

ROOT = Path(__file__).parents[2]
train = runpy.run_path(str(ROOT / 'tools' / 'train.py'))['main']
measure = runpy.run_path(str(ROOT / 'tools' / 'test.py'))['main']

CONFIG = """
_base_ = '{configs}/{name}_1xb2-240k_irstd1k-512x512.py'
model = dict(
    data_preprocessor=dict(size=(64, 64)),
    {model}
)
_base_.train_pipeline[5].crop_size = (64, 64)
train_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        data_root='{data}', ann_file='', pipeline=_base_.train_pipeline
    ),
)
val_dataloader = dict(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(data_root='{data}', ann_file=''),
)
test_dataloader = val_dataloader
train_cfg = dict(max_iters=2, val_interval=2)
default_hooks = dict(checkpoint=dict(interval=1), logger=dict(interval=1))
log_level = 'WARNING'
"""
MODELS = {
    'infmae-base': """
    backbone=dict(arch='tiny', init_cfg=dict(checkpoint='{checkpoint}')),
    decode_head=dict(
        in_channels=(3, 32, 48, 64, 64), channels=8, side_weight=0.5),""",
    'dnanet': """
    backbone=dict(channels=(16, 8, 8, 8, 8), num_blocks=(1, 1, 1, 1)),""",
    'mshnet': """
    backbone=dict(channels=(8, 8, 8, 8, 8), num_blocks=(1, 1, 1, 1, 1)),
    decode_head=dict(in_channels=(8, 8, 8, 8), warm_up=1),""",
    'unet': """
    backbone=dict(base_channels=4),
    decode_head=dict(in_channels=4, channels=4),""",
}
MEASURES = {
    *('IoU', 'nIoU', 'Precision', 'Recall', 'F1'),
    *('Pd', 'Fa', 'Fa_ppm', 'AUC', 'hIoU'),
}


@pytest.fixture(scope='module')
def scenes(tmp_path_factory):
    """Images of two sizes, none of which can be halved four times."""
    root = tmp_path_factory.mktemp('irstd1k') / 'set'
    write_scenes(str(root), 'irstd1k', num=4, size=(60, 84))
    for path in sorted(root.glob('*/XDU3.png')):
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(path), image[:47, :51])
    return root


@pytest.mark.parametrize('name', MODELS)
def test_train_validate_and_test(name, scenes, tmp_path):
    checkpoint = tmp_path / 'backbone.pth'
    torch.save(InfMAE('tiny').state_dict(), checkpoint)
    config = tmp_path / f'{name}.py'
    config.write_text(
        CONFIG.format(
            configs=ROOT / 'configs' / 'small_target',
            name=name,
            model=MODELS[name].format(checkpoint=checkpoint),
            data=scenes,
        )
    )
    work_dir = tmp_path / 'run'
    train([str(config), f'--work-dir={work_dir}'])

    first = read_checkpoint(work_dir / 'iter_1.pth')['state_dict']
    last = read_checkpoint(work_dir / 'iter_2.pth')['state_dict']
    weight = 'decode_head.conv_seg.weight'
    assert (last[weight] != first[weight]).any()
    assert all(value.isfinite().all() for value in last.values())
    assert list(work_dir.glob('best_IoU_iter_2.pth'))
    if name == 'infmae-base':
        # Warm-up has hardly begun: the weights are those of the file.
        for key, value in read_checkpoint(checkpoint).items():
            torch.testing.assert_close(
                first[f'backbone.{key}'], value, atol=1e-4, rtol=0
            )

    values = measure([str(config), str(work_dir / 'iter_2.pth')])
    assert set(values) == MEASURES
    assert all(0 <= values[key] <= 1 for key in MEASURES - {'Fa_ppm'})


def test_one_channel_from_a_checkpoint_of_three(scenes, tmp_path):
    three = InfMAE('tiny')
    checkpoint = tmp_path / 'backbone.pth'
    torch.save(three.state_dict(), checkpoint)
    config = tmp_path / 'one_channel.py'
    config.write_text(
        CONFIG.format(
            configs=ROOT / 'configs' / 'small_target',
            name='infmae-base',
            model=MODELS['infmae-base'].format(checkpoint=checkpoint),
            data=scenes,
        )
        + """
model['data_preprocessor'].update(mean=[108.375], std=[51.0])
model['backbone'].update(in_channels=1)
model['decode_head'].update(in_channels=(1, 32, 48, 64, 64))
_base_.train_pipeline[0].channels = 1
_base_.val_dataloader.dataset.pipeline[0].channels = 1
val_dataloader['dataset']['pipeline'] = _base_.val_dataloader.dataset.pipeline
"""
    )
    work_dir = tmp_path / 'run'
    train([str(config), f'--work-dir={work_dir}'])
    weights = read_checkpoint(work_dir / 'iter_1.pth')['state_dict']
    torch.testing.assert_close(
        weights['backbone.patch_embed1.proj.weight'],
        three.patch_embed1.proj.weight.detach().sum(1, keepdim=True),
        atol=1e-4,
        rtol=0,
    )
