"""Pictures of predictions: readable, one for each image, none overwritten."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import HOOKS
from mmengine.structures import PixelData
from mmengine.visualization import Visualizer
from mmseg.structures import SegDataSample
from mmseg.visualization import SegLocalVisualizer

import infmae_mm.thermal
from infmae_mm.thermal import LoadThermalImage, ThermalVisualizationHook

SIZE = (24, 32)


@pytest.fixture
def folder(tmp_path):
    """Raw counts in a narrow range, under one name in two folders."""
    counts = np.linspace(7000, 7400, SIZE[0] * SIZE[1]).reshape(SIZE)
    for name in ('a', 'b'):
        path = tmp_path / 'images' / name / '1.tiff'
        path.parent.mkdir(parents=True)
        cv2.imwrite(str(path), counts.astype(np.uint16))
    return tmp_path


def runner(folder, visualizer):
    pipeline = SimpleNamespace(transforms=[LoadThermalImage(channels=1)])
    dataset = SimpleNamespace(
        data_root=str(folder / 'images'), pipeline=pipeline
    )
    return SimpleNamespace(
        visualizer=visualizer,
        test_dataloader=SimpleNamespace(dataset=dataset),
    )


def sample(path, rows):
    prediction = torch.zeros(1, *SIZE, dtype=torch.long)
    prediction[:, :rows] = 1
    sample = SegDataSample(metainfo=dict(img_path=str(path)))
    sample.pred_sem_seg = PixelData(data=prediction)
    return sample


def draw(folder, out):
    visualizer = SegLocalVisualizer(alpha=0.5)
    visualizer.dataset_meta = dict(
        classes=['nothing', 'warm'], palette=[[0, 0, 0], [255, 0, 0]]
    )
    hook = HOOKS.build(dict(type='ThermalVisualizationHook', out_dir=str(out)))
    here = runner(folder, visualizer)
    hook.before_test(here)
    paths = [folder / 'images' / name / '1.tiff' for name in ('a', 'b')]
    hook.after_test_iter(here, 0, None, [sample(p, 4) for p in paths])


def test_raw_counts_can_be_seen(folder):
    out = folder / 'pictures'
    draw(folder, out)
    found = sorted(str(p.relative_to(out)) for p in out.rglob('*.png'))
    assert found == ['a/1.tiff.png', 'b/1.tiff.png']
    picture = cv2.imread(str(out / 'a/1.tiff.png'))
    assert picture.shape == (*SIZE, 3)
    # The counts fill the range of grey; red lies where predicted.
    assert picture[20:].max() > 110
    assert np.ptp(picture[8:, :, 0]) > 60
    red = picture[0, :, 2].astype(int) - picture[0, :, 0]
    assert np.median(red) > 100


def test_no_picture_is_overwritten(folder):
    draw(folder, folder / 'pictures')
    with pytest.raises(FileExistsError, match='pictures is not empty'):
        draw(folder, folder / 'pictures')


def test_pictures_of_images_elsewhere_keep_their_folders(folder):
    hook = ThermalVisualizationHook(str(folder / 'out'))
    hook._root = str(folder / 'images')
    assert hook.picture_path('/x/y/1.png') == folder / 'out/x/y/1.png'
    assert hook.picture_path('/x/z/1.png') == folder / 'out/x/z/1.png'


def test_a_visualizer_that_draws_nothing_is_refused(folder):
    hook = ThermalVisualizationHook(str(folder / 'out'))
    with pytest.raises(ValueError, match='SegLocalVisualizer'):
        hook.before_test(runner(folder, Visualizer()))


def test_found_by_its_scope():
    assert infmae_mm.thermal.ThermalVisualizationHook is HOOKS.get(
        'infmae_mm.ThermalVisualizationHook'
    )
