"""Pictures of reconstructions: the drawing, the hook and the tool."""

import importlib.util
import random
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import BaseDataset, Compose
from mmengine.registry import DATASETS, init_default_scope
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement

from infmae_mm.patches import patch_grid, take_patches, unpatchify
from infmae_mm.pretrain import InfMAEPretrainer, ReconstructionViewHook
from infmae_mm.pretrain.visualization import (
    MASK_COLOUR,
    draw_view,
    panels_of,
    reconstruct_view,
    restore_patch_statistics,
)

TOOL = Path(__file__).parents[2] / 'tools' / 'visualize_reconstruction.py'
SIZE = 64


def model_config(masking='InformationAwareMasking', norm_pix=False):
    return dict(
        type='InfMAEPretrainer',
        backbone=dict(
            type='InfMAEPretrainEncoder',
            arch='tiny',
            img_size=SIZE,
            drop_path_rate=0.2,
            masking=dict(type=masking),
        ),
        neck=dict(
            type='InfMAEPretrainDecoder',
            embed_dims=64,
            decoder_embed_dims=32,
            decoder_num_heads=4,
            img_size=SIZE,
        ),
        head=dict(type='InfMAEPretrainHead', norm_pix=norm_pix),
    )


def build(**kwargs):
    torch.manual_seed(0)
    config = model_config(**kwargs)
    del config['type']
    return InfMAEPretrainer(**config)


def scene(seed=0, height=SIZE, width=SIZE):
    rng = np.random.default_rng(seed)
    image = rng.integers(60, 180, (height // 8, width // 8), dtype=np.uint8)
    return torch.from_numpy(image.repeat(8, 0).repeat(8, 1))[None]


@pytest.fixture(params=['InformationAwareMasking', 'RandomMasking'])
def masking(request):
    return request.param


def test_the_view_is_in_grey_levels(masking):
    image = scene(height=48, width=80)
    view = reconstruct_view(build(masking=masking), image)
    np.testing.assert_allclose(view.image, image[0].numpy(), atol=1e-3)
    assert view.prediction.shape == (48, 80)
    assert view.mask.shape == (3, 5)
    visible = 4 if masking == 'InformationAwareMasking' else 3
    assert (~view.mask).sum() == visible
    assert (view.scores is None) == (masking == 'RandomMasking')


def test_the_prediction_has_the_scale_of_the_input():
    """A decoder that predicts the normalised value of one grey level."""
    model = build()
    pred = model.neck.decoder_pred
    torch.nn.init.zeros_(pred.weight)
    torch.nn.init.constant_(pred.bias, (100 / 255 - 0.425) / 0.2)
    view = reconstruct_view(model, scene())
    np.testing.assert_allclose(view.prediction, 100, atol=1e-3)


def test_norm_pix_is_undone():
    model = build(norm_pix=True)
    inputs = model.data_preprocessor(dict(inputs=scene()[None]))['inputs']
    grid = patch_grid(inputs)
    ids = torch.arange(grid[0] * grid[1])[None]  # (1, N)
    target = model.head.target(take_patches(inputs, ids))
    as_image = unpatchify(target, grid)
    restored = restore_patch_statistics(as_image, inputs)
    torch.testing.assert_close(restored, inputs, rtol=1e-4, atol=1e-4)

    torch.nn.init.zeros_(model.neck.decoder_pred.weight)
    torch.nn.init.zeros_(model.neck.decoder_pred.bias)
    view = reconstruct_view(model, scene())
    means = view.image.reshape(4, 16, 4, 16).mean(axis=(1, 3))
    got = view.prediction.reshape(4, 16, 4, 16).mean(axis=(1, 3))
    np.testing.assert_allclose(got, means, atol=1e-2)
    assert 'norm_pix' in panels_of(view)[3].detail


def test_panels_agree_with_each_other(masking):
    view = reconstruct_view(build(masking=masking), scene())
    image, scores, visible, prediction, pasted, error = panels_of(view)
    masked = view.mask.repeat(16, 0).repeat(16, 1)
    assert np.array_equal(np.isnan(visible.values), masked)
    assert np.array_equal(pasted.values[~masked], image.values[~masked])
    assert np.array_equal(pasted.values[masked], prediction.values[masked])
    assert (error.values[~masked] == 0).all()
    assert error.values.max() == error.high
    greys = (image, visible, prediction, pasted)
    assert len({(p.low, p.high, p.colormap) for p in greys}) == 1
    if masking == 'RandomMasking':
        assert np.isnan(scores.values).all()
    else:
        assert (scores.values[::16, ::16] == view.scores).all()


def test_drawing_keeps_grey_and_enlarges_without_smoothing():
    view = reconstruct_view(build(), scene())
    picture = draw_view(view, 'scène.png')
    assert picture.dtype == np.uint8
    factor = 7  # 64 to 448 pixels
    top, left = 34 + 50, 12
    drawn = picture[top : top + 448, left : left + 448]
    low, high = view.image.min(), view.image.max()
    levels = ((view.image - low) / (high - low) * 255).round()
    expected = levels.astype(np.uint8).repeat(factor, 0).repeat(factor, 1)
    assert (drawn == expected[..., None]).all()
    assert (picture == MASK_COLOUR).all(axis=2).any()


@pytest.mark.parametrize('value', [0, 128, 255])
def test_constant_images(value):
    image = torch.full((1, SIZE, SIZE), value, dtype=torch.uint8)
    picture = draw_view(reconstruct_view(build(), image))
    assert picture.shape[2] == 3


@pytest.mark.parametrize('training', [True, False])
def test_model_and_generators_are_left_alone(masking, training):
    model = build(masking=masking).train(training)
    model.backbone.blocks1.eval()
    modes = [m.training for m in model.modules()]
    weights = {n: v.clone() for n, v in model.state_dict().items()}

    def draws():
        return torch.rand(1), np.random.rand(), random.random()

    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    expected = draws()
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    first = reconstruct_view(model, scene())
    assert draws() == expected
    assert [m.training for m in model.modules()] == modes
    for name, value in model.state_dict().items():
        assert torch.equal(value, weights[name])
    assert all(p.grad is None for p in model.parameters())
    again = reconstruct_view(model, scene())
    assert np.array_equal(first.mask, again.mask)
    assert np.array_equal(first.prediction, again.prediction)


# The hook


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


# The tool


@pytest.fixture(scope='module')
def visualize():
    spec = importlib.util.spec_from_file_location('visualize', TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    yield lambda *args: tool.main([str(arg) for arg in args])
    init_default_scope('mmengine')


@pytest.fixture
def setting(tmp_path):
    config = Config(
        dict(
            default_scope='mmpretrain',
            custom_imports=dict(
                imports=['infmae_mm.pretrain', 'infmae_mm.thermal']
            ),
            model=model_config(),
            val_dataloader=dict(
                dataset=dict(
                    pipeline=[
                        dict(type='LoadThermalImage', channels=1),
                        dict(type='ResizeCenterCrop', size=SIZE),
                        dict(type='PackInfrared'),
                    ]
                )
            ),
        )
    )
    config.dump(str(tmp_path / 'config.py'))
    weights = build().state_dict()
    torch.save({'state_dict': weights}, tmp_path / 'weights.pth')
    for i, name in enumerate(('a/1.png', 'b/1.png', 'b/1.jpg', 'b/c/2.png')):
        path = tmp_path / 'images' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), scene(i)[0].numpy())
    return tmp_path / 'config.py', tmp_path / 'weights.pth'


def test_the_tool_draws_every_image(setting, tmp_path, visualize):
    out = tmp_path / 'out'
    folder = tmp_path / 'images'
    arguments = (*setting, folder, folder / 'a/1.png', '--device', 'cpu')
    visualize(*arguments, '--out-dir', out)
    made = sorted(str(p.relative_to(out)) for p in out.glob('**/*.png'))
    assert made == [
        'a/1_reconstruction.png',
        'b/1.jpg_reconstruction.png',
        'b/1.png_reconstruction.png',
        'b/c/2_reconstruction.png',
    ]
    picture = cv2.imread(str(out / made[0]))[..., ::-1]
    pixels = cv2.imread(str(folder / 'a/1.png'), cv2.IMREAD_GRAYSCALE)
    view = reconstruct_view(build(), torch.from_numpy(pixels)[None])
    assert np.array_equal(picture, draw_view(view, '1.png'))

    with pytest.raises(SystemExit, match='4 pictures exist'):
        visualize(*arguments, '--out-dir', out)
    visualize(*arguments, '--out-dir', out, '--force')


def test_the_tool_reports_unreadable_images(
    setting, tmp_path, visualize, capsys
):
    bad = tmp_path / 'images' / 'bad.png'
    bad.write_bytes(b'not an image')
    with pytest.raises(SystemExit, match='1 of 5 images'):
        visualize(*setting, tmp_path / 'images', '--device', 'cpu')
    assert str(bad) in capsys.readouterr().out
    assert len(list((tmp_path / 'reconstructions').glob('**/*.png'))) == 4


def test_the_tool_refuses_what_cannot_work(setting, tmp_path, visualize):
    config, weights = setting
    image = tmp_path / 'images/a/1.png'
    with pytest.raises(SystemExit, match='no such image'):
        visualize(config, weights, tmp_path / 'none.png')
    (tmp_path / 'empty').mkdir()
    with pytest.raises(SystemExit, match='no image in the folder'):
        visualize(config, weights, tmp_path / 'empty')
    # a second run would take the pictures for images
    inside = tmp_path / 'images' / 'out'
    with pytest.raises(SystemExit, match='another --out-dir'):
        visualize(config, weights, tmp_path / 'images', '--out-dir', inside)
    backbone = {
        name: value
        for name, value in build().state_dict().items()
        if name.startswith('backbone.')
    }
    torch.save(backbone, tmp_path / 'backbone.pth')
    with pytest.raises(SystemExit, match='neck.mask_token'):
        visualize(config, tmp_path / 'backbone.pth', image)
    wrong = build().state_dict()
    wrong['neck.decoder_pred.bias'] = torch.zeros(1)
    torch.save(wrong, tmp_path / 'wrong.pth')
    with pytest.raises(SystemExit, match='does not fit'):
        visualize(config, tmp_path / 'wrong.pth', image)
    with pytest.raises(SystemExit, match='Cannot read'):
        visualize(config, tmp_path / 'none.pth', image)
    assert not list(tmp_path.glob('**/*_reconstruction.png'))
