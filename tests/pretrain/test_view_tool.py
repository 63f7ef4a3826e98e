"""Pictures of reconstructions: the tool."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from toy_pretrainer import SIZE, build, model_config, scene

from infmae_mm.pretrain.visualization import (
    draw_view,
    reconstruct_view,
)

TOOL = Path(__file__).parents[2] / 'tools' / 'visualize_reconstruction.py'


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
