"""Upstream's inferencers with our loader, against upstream's own."""

import copy
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
import torch
from mmengine.config import Config, ConfigDict
from mmengine.registry import DefaultScope

from infmae_mm.segmentation import ThermalSegInferencer
from infmae_mm.thermal import UnreadableImageError
from infmae_mm.thermal.inferencer import _names_apart, _picture_name

CONFIGS = Path(__file__).parents[2] / 'configs'


@pytest.fixture(autouse=True)
def default_scope():
    """An inferencer changes the scope: set it back."""
    with DefaultScope.overwrite_default_scope('mmengine'):
        yield


@pytest.fixture
def grey(picture):
    """All of 0 to 255 is used, so that 'minmax' gives it back."""
    return cv2.normalize(picture, None, 0, 255, cv2.NORM_MINMAX)


@pytest.fixture
def files(tmp_path, grey):
    """One picture, as 8 bits, 16 bits and temperatures."""
    folder = tmp_path / 'images'
    folder.mkdir()
    cv2.imwrite(str(folder / 'grey.png'), grey)
    cv2.imwrite(str(folder / 'raw.png'), grey.astype(np.uint16) + 7000)
    tifffile.imwrite(folder / 'raw.tiff', grey.astype(np.uint16) + 9000)
    tifffile.imwrite(folder / 'kelvin.tif', grey.astype(np.float32) + 273)
    names = ('grey.png', 'raw.png', 'raw.tiff', 'kelvin.tif')
    return [str(folder / name) for name in names]


def set_loader(pipeline, **loader):
    (i,) = (
        i
        for i, step in enumerate(pipeline)
        if step['type'] == 'LoadThermalImage'
    )
    pipeline[i] = ConfigDict(loader)


def configs(cfg):
    """The same config with our loader and with MMCV's."""
    ours, theirs = copy.deepcopy(cfg), copy.deepcopy(cfg)
    pipeline = ours.test_dataloader.dataset.pipeline
    set_loader(pipeline, type='LoadThermalImage', mapping='minmax')
    pipeline = theirs.test_dataloader.dataset.pipeline
    set_loader(pipeline, type='LoadImageFromFile')
    pipeline[:] = [
        step for step in pipeline if step['type'] != 'LoadInfraredLabels'
    ]
    return ours, theirs


def check_that_errors_name_files(inferencer, files):
    Path(files[2]).write_bytes(b'nothing')
    with pytest.raises(UnreadableImageError) as error:
        inferencer([files[0], files[2]], batch_size=2)
    assert error.value.path == files[2]


def checkpoint(model, path, classes, palette):
    meta = dict(dataset_meta=dict(classes=classes, palette=palette))
    torch.save(dict(state_dict=model.state_dict(), meta=meta), path)
    return str(path)


@pytest.fixture
def segmentation(tmp_path):
    """A config of this project with our loader and MMCV's; weights."""
    from mmseg.apis import init_model

    cfg = Config.fromfile(next(CONFIGS.glob('segmentation/*udder*.py')))
    cfg.model.backbone.init_cfg = None
    cfg.test_dataloader.dataset.pipeline[1].scale = (64, 48)
    model = init_model(cfg, device='cpu')
    weights = checkpoint(
        model,
        tmp_path / 'seg.pth',
        ['nothing', 'udder'],
        [[0, 0, 0], [9, 200, 9]],
    )
    return *configs(cfg), weights


@pytest.mark.filterwarnings('ignore')
def test_segmentation(segmentation, files, grey, tmp_path):
    from mmseg.apis import MMSegInferencer

    ours, theirs, weights = segmentation
    options = dict(weights=weights, device='cpu')
    expected = MMSegInferencer(theirs, **options)(files[0], return_vis=True)
    inferencer = ThermalSegInferencer(ours, **options)

    results = inferencer(
        [*files, grey.astype(np.uint16) + 5000],
        batch_size=2,
        return_vis=True,
        out_dir=str(tmp_path / 'out'),
    )
    assert len(results['predictions']) == 5
    assert expected['predictions'].any()
    for prediction in results['predictions']:
        np.testing.assert_array_equal(prediction, expected['predictions'])
    for drawn in results['visualization']:
        np.testing.assert_array_equal(drawn, expected['visualization'])
    names = {path.name for path in (tmp_path / 'out' / 'vis').iterdir()}
    assert names == {
        *('grey.png', 'raw.png', 'raw.tiff.png', 'kelvin.tif.png'),
        '00000004_vis.jpg',
    }
    # The files of raw counts are drawn as that of 8 bits is.
    written = [
        cv2.imread(str(tmp_path / 'out' / 'vis' / name))
        for name in ('grey.png', 'raw.png', 'raw.tiff.png', 'kelvin.tif.png')
    ]
    assert written[0].shape == expected['visualization'].shape
    for drawn in written[1:]:
        np.testing.assert_array_equal(drawn, written[0])

    sample = inferencer(files[1], return_datasamples=True)
    assert sample.img_path == files[1]
    # the files are read once where nothing is drawn
    Path(files[1]).write_bytes(b'nothing')
    with pytest.raises(UnreadableImageError, match=r'raw\.png'):
        inferencer(files[1])
    check_that_errors_name_files(inferencer, files)


@pytest.mark.filterwarnings('ignore')
def test_one_channel(segmentation, files):
    cfg, _, _ = segmentation
    cfg.test_dataloader.dataset.pipeline[0].update(
        type='infmae_mm.LoadThermalImage', channels=1, to_float32=True
    )
    cfg.model.backbone.in_channels = 1
    cfg.model.data_preprocessor.update(mean=[108.375], std=[51.0])
    inferencer = ThermalSegInferencer(cfg, device='cpu')
    results = inferencer(files[1], return_vis=True)
    assert results['predictions'].shape == (96, 128)
    assert results['visualization'].shape == (96, 128, 3)


@pytest.mark.filterwarnings('ignore')
def test_results_inside_the_folder_are_no_images(segmentation, grey, tmp_path):
    config, _, weights = segmentation
    inferencer = ThermalSegInferencer(config, weights, device='cpu')
    folder = tmp_path / 'set'
    folder.mkdir()
    for name in ('a.png', 'b.png'):
        cv2.imwrite(str(folder / name), grey)
    for _ in range(2):
        results = inferencer(folder, out_dir=str(folder / 'out'))
        assert len(results['predictions']) == 2
    assert len(list((folder / 'out' / 'vis').iterdir())) == 2
    with pytest.raises(ValueError, match='among the images'):
        inferencer(folder, out_dir=str(folder))
    # in a list, paths may be of pathlib
    both = sorted(folder.glob('*.png'))
    assert len(inferencer(both)['predictions']) == 2


@pytest.mark.slow
@pytest.mark.filterwarnings('ignore')
def test_detection(files, grey, tmp_path):
    from mmdet.apis import DetInferencer, init_detector

    from infmae_mm.detection import ThermalDetInferencer

    cfg = Config.fromfile(next(CONFIGS.glob('detection/*hit-uav*x256.py')))
    cfg.model.backbone.init_cfg = None
    cfg.model.test_cfg.rcnn.score_thr = 0.0
    cfg.test_dataloader.dataset.pipeline[1].scale = (64, 48)
    model = init_detector(cfg, palette='random', device='cpu')
    weights = checkpoint(
        model,
        tmp_path / 'det.pth',
        cfg.metainfo.classes,
        cfg.metainfo.palette,
    )
    ours, theirs = configs(cfg)
    options = dict(weights=weights, device='cpu', show_progress=False)
    call = dict(return_vis=True, pred_score_thr=0.0)
    (expected,) = DetInferencer(theirs, **options)(files[0], **call)[
        'predictions'
    ]
    assert expected['scores']
    inferencer = ThermalDetInferencer(ours, **options)
    results = inferencer(
        [*files, grey.astype(np.uint16) + 5000],
        batch_size=2,
        out_dir=str(tmp_path / 'out'),
        no_save_pred=False,
        **call,
    )
    assert len(results['predictions']) == 5
    for prediction in results['predictions']:
        for key in ('labels', 'scores', 'bboxes'):
            np.testing.assert_allclose(
                prediction[key], expected[key], rtol=1e-3, atol=1e-4
            )
    for drawn in results['visualization']:
        assert drawn.mean() > 40  # raw counts of 7000 would be black
    names = {path.name for path in (tmp_path / 'out' / 'vis').iterdir()}
    assert {'grey.png', 'raw.png', 'raw.tiff.png'} < names
    assert (tmp_path / 'out' / 'preds' / 'kelvin.json').exists()
    check_that_errors_name_files(inferencer, files)


@pytest.mark.filterwarnings('ignore')
def test_classification(files, grey, tmp_path):
    from mmpretrain.apis import ImageClassificationInferencer

    from infmae_mm.classification import ThermalClassificationInferencer

    pipeline = [
        dict(type='LoadThermalImage'),
        dict(type='Resize', scale=(64, 64)),
        dict(type='PackInputs'),
    ]
    cfg = Config(
        dict(
            default_scope='mmpretrain',
            model=dict(
                type='ImageClassifier',
                data_preprocessor=dict(
                    mean=[108.375] * 3, std=[51.0] * 3, num_classes=3
                ),
                backbone=dict(type='InfMAE', arch='tiny', out_indices=(2,)),
                neck=dict(type='GlobalAveragePooling'),
                head=dict(type='LinearClsHead', in_channels=64, num_classes=3),
            ),
            test_dataloader=dict(
                dataset=dict(type='CustomDataset', pipeline=pipeline)
            ),
        )
    )
    ours, theirs = configs(cfg)
    torch.manual_seed(0)
    first = ThermalClassificationInferencer(ours, device='cpu')
    weights = checkpoint(
        first.model, tmp_path / 'cls.pth', ['a', 'b', 'c'], None
    )
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        upstream = ImageClassificationInferencer(theirs, weights, device='cpu')
    (expected,) = upstream(files[0])
    inferencer = ThermalClassificationInferencer(ours, weights, device='cpu')
    results = inferencer(
        [*files, grey.astype(np.uint16) + 5000],
        batch_size=2,
        show_dir=str(tmp_path / 'vis'),
    )
    assert len(results) == 5
    for result in results:
        np.testing.assert_allclose(
            result['pred_scores'], expected['pred_scores'], rtol=1e-4
        )
    for path in (tmp_path / 'vis').iterdir():
        assert cv2.imread(str(path)).mean() > 40
    check_that_errors_name_files(inferencer, files)


def test_no_thermal_loader(segmentation):
    _, theirs, weights = segmentation
    with pytest.raises(ValueError, match='needs one LoadThermalImage'):
        ThermalSegInferencer(theirs, weights=weights, device='cpu')


def test_results_of_images_of_one_name_are_kept_apart(tmp_path):
    def apart(*paths):
        return _names_apart(paths, lambda path: Path(path).stem)

    a, b = str(tmp_path / 'a' / '0001.jpg'), str(tmp_path / 'b' / '0001.jpg')
    other = str(tmp_path / 'b' / '2.jpg')
    names = {a: 'a_0001_jpg.png', b: 'b_0001_jpg.png'}
    assert apart(a, b, other, a) == names
    assert _names_apart([a, b], _picture_name) == names
    png = str(tmp_path / 'a' / '0001.PNG')
    assert len(set(apart(a, png).values())) == 2
    assert _names_apart([a, png], _picture_name) == {}
    clash = [str(tmp_path / n) for n in ('a_b/1.png', 'a/b_1.png', 'c/1.png')]
    clash.append(str(tmp_path / 'a/b/1.png'))
    names = list(apart(*clash).values())
    assert len(set(names)) == len(names)
    assert apart(a, other) == {}
