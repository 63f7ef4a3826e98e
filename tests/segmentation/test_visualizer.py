import cv2
import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from infmae_mm.segmentation import InfraredSegVisualizer

IMAGE = np.full((120, 160, 3), 40, np.uint8)
META = dict(
    classes=('nothing', 'car', 'person'),
    palette=[[0, 0, 0], [64, 0, 128], [64, 64, 0]],
)


def draw(labels, out_file, **options):
    visualizer = InfraredSegVisualizer()
    visualizer.dataset_meta = META
    sample = SegDataSample(
        pred_sem_seg=PixelData(data=torch.as_tensor(labels)[None])
    )
    visualizer.add_datasample(
        'a', IMAGE, sample, out_file=str(out_file), **options
    )
    # not get_image(): older matplotlib shifts pixels on its way
    return cv2.imread(str(out_file))[..., ::-1]


@pytest.fixture
def labels():
    labels = np.zeros((120, 160), int)
    labels[20:60, 20:60] = 1
    labels[80:110, 100:140] = 2
    return labels


def test_background_is_not_darkened(labels, tmp_path):
    drawn = draw(labels, tmp_path / 'a.png', with_labels=False)
    assert (tmp_path / 'a.png').is_file()
    np.testing.assert_array_equal(drawn[labels == 0], 40)


def test_classes_are_tinted_and_outlined(labels, tmp_path):
    drawn = draw(labels, tmp_path / 'a.png', with_labels=False).astype(int)
    # 0.6 of the image and 0.4 of the colour.
    assert abs(drawn[40, 40] - [49.6, 24, 75.2]).max() < 1
    assert abs(drawn[95, 120] - [49.6, 49.6, 24]).max() < 1
    outline = drawn[20, 20:60]
    assert (outline == outline[0]).all()
    assert outline[0, 2] > drawn[40, 40, 2] + 50


def test_names_are_written_inside_the_image(tmp_path):
    """Also at the upper edge, where there is no room above the shape."""
    labels = np.zeros((120, 160), int)
    labels[:2] = 1
    with_names = draw(labels, tmp_path / 'a.png')
    without = draw(labels, tmp_path / 'b.png', with_labels=False)
    rows, columns = np.nonzero((with_names != without).any(axis=-1))
    # A whole plate: as high as a line of text, wider than high.
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert 8 <= height <= 20
    assert width > height
    plate = with_names[rows.min() : rows.max(), columns.min() : columns.max()]
    ink = np.abs(plate.astype(int) - np.median(plate, axis=(0, 1))).max(-1)
    assert 0.02 < (ink > 100).mean() < 0.5


def test_one_pixel_and_unknown_ids(tmp_path):
    labels = np.zeros((120, 160), int)
    labels[0, 159] = 1
    labels[50, 50] = 255
    drawn = draw(labels, tmp_path / 'a.png', with_labels=False)
    assert (drawn[0, 159] != 40).any()
    assert (drawn[50, 50] == 40).all()


def test_nothing_to_draw(tmp_path):
    drawn = draw(np.zeros((120, 160), int), tmp_path / 'a.png')
    np.testing.assert_array_equal(drawn, IMAGE)
