"""Pictures of hits, misses and false alarms."""

import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import VISUALIZERS
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from infmae_mm.small_target import SmallTargetVisualizer
from infmae_mm.small_target.visualizer import COLOURS


def blob(*places):
    image = np.zeros((60, 80), bool)
    for y, x in places:
        image[y : y + 3, x : x + 3] = True
    return image


TRUTH = blob((10, 10), (10, 60))  # found, missed
FOUND = blob((11, 10), (40, 40))  # found, false alarm


@pytest.fixture
def sample():
    sample = SegDataSample()
    sample.gt_sem_seg = PixelData(data=torch.from_numpy(TRUTH)[None].long())
    sample.seg_logits = PixelData(data=torch.from_numpy(FOUND)[None] * 0.9)
    return sample


@pytest.fixture
def draw(tmp_path):
    """Draw and read what was written, RGB."""

    def draw(sample, image=None, size=320, **options):
        if image is None:
            image = np.full((60, 80, 3), 90, np.uint8)
        before = image.copy()
        visualizer = SmallTargetVisualizer(min_size=size)
        path = tmp_path / 'new' / 'a.png'
        visualizer.add_datasample(
            'a', image, sample, out_file=str(path), **options
        )
        np.testing.assert_array_equal(image, before)
        drawn = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        assert visualizer.get_image().shape == drawn.shape
        return drawn

    return draw


def boxed(picture, kind):
    """Centre of what is drawn in the colour of a kind, in native pixels."""
    rows, columns = np.nonzero((picture == COLOURS[kind]).all(-1))
    if not len(rows):
        return None
    return (
        (rows.min() + rows.max()) / 2 / 4,
        (columns.min() + columns.max()) / 2 / 4,
    )


def test_each_kind_is_where_it_is(draw, sample):
    picture = draw(sample)
    assert picture.shape == (60 * 4 + 30, 80 * 4, 3)
    scene = picture[: 60 * 4]
    for kind, (y, x) in {
        'hit': (11 + 1.5, 11.5),  # where the prediction is
        'missed': (11.5, 61.5),
        'false alarm': (41.5, 41.5),
    }.items():
        assert boxed(scene, kind) == pytest.approx((y, x), abs=0.3), kind
    for kind in ('hit', 'missed', 'false alarm'):
        assert boxed(picture[60 * 4 :], kind) is not None  # the legend
    # the rest of the scene is as it was
    assert (scene == 90).all(-1).mean() > 0.9


def test_one_side_only(draw, sample):
    assert boxed(draw(sample, draw_pred=False), 'target') is not None
    predicted = draw(sample, draw_gt=False)
    assert boxed(predicted, 'predicted') is not None
    assert boxed(predicted, 'missed') is None
    nothing = draw(sample, draw_gt=False, draw_pred=False)
    assert (nothing[: 60 * 4] == 90).all()
    assert (draw(None)[: 60 * 4] == 90).all()


def test_large_pictures_keep_their_size(draw, sample):
    assert draw(sample, size=80).shape == (90, 80, 3)
    assert draw(sample, size=81).shape == (150, 160, 3)


def test_image_of_another_size(draw, sample):
    with pytest.raises(ValueError, match=r'a: .*\(60, 79\).*\(60, 80\)'):
        draw(sample, np.zeros((60, 79, 3), np.uint8))


def test_backends_get_the_picture(tmp_path, sample):
    visualizer = VISUALIZERS.build(
        dict(
            type='SmallTargetVisualizer',
            name='small_targets',
            vis_backends=[dict(type='LocalVisBackend')],
            save_dir=str(tmp_path),
        )
    )
    visualizer.add_datasample(
        'scene', np.zeros((60, 80, 3), np.uint8), sample, step=7
    )
    [path] = tmp_path.rglob('scene_7.png')
    assert cv2.imread(str(path)).shape == (60 * 8 + 30, 640, 3)
