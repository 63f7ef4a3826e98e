import numpy as np
import pytest
import torch
from mmengine.structures import BaseDataElement, InstanceData, PixelData

from infmae_mm.drawing.contact_sheet import Tile, contact_sheet
from infmae_mm.drawing.samples import (
    SampleDrawer,
    class_colours,
    to_picture,
)
from infmae_mm.drawing.text import shorten

GREY = 100


def sample(size=(40, 60), channels=3, **labels):
    data = BaseDataElement(metainfo=dict(img_path='x/frame.png'))
    for name, value in labels.items():
        setattr(data, name, value)
    inputs = torch.full((channels, *size), GREY, dtype=torch.uint8)
    return dict(inputs=inputs, data_samples=data)


def coloured(image):
    """Where a picture is no longer grey."""
    return (image != image[..., :1]).any(-1)


@pytest.mark.parametrize('channels', [1, 3])
def test_without_labels(channels):
    (tile,) = SampleDrawer({}, 60, 60).draw(sample(channels=channels))
    assert tile.image.shape == (40, 60, 3)
    assert (tile.image == GREY).all()
    assert tile.caption == ('frame.png', f'60x40x{channels} uint8 100..100')


def test_views_of_one_image():
    views = sample()
    views['inputs'] = [views['inputs'], views['inputs'][:, :20]]
    tiles = SampleDrawer({}, 60, 60).draw(views)
    assert [tile.image.shape[0] for tile in tiles] == [40, 20]


def test_labels_of_several_classes():
    ids = torch.zeros(1, 40, 60, dtype=torch.long)
    ids[:, 10:30, 20:40] = 2
    ids[:, 0:4] = 255
    meta = dict(
        classes=('unlabelled', 'car', 'person'),
        palette=[[0, 0, 0], [255, 0, 0], [0, 0, 255]],
    )
    data = sample(gt_sem_seg=PixelData(data=ids))
    (tile,) = SampleDrawer(meta, 120, 120).draw(data)
    expected = np.zeros((80, 120), bool)
    expected[20:60, 40:80] = True
    assert (coloured(tile.image) == expected).all()
    blue, _, red = tile.image[30, 50].tolist()
    assert blue > GREY > red
    assert tile.caption[2] == 'person 16.7%, ignored 10.0%'


def test_small_targets_are_outlined_not_covered():
    ids = torch.zeros(1, 40, 60, dtype=torch.long)
    ids[:, 10:13, 20:22] = 1
    ids[:, 30, 50] = 1
    meta = dict(classes=('background', 'target'))
    data = sample(gt_sem_seg=PixelData(data=ids))
    (tile,) = SampleDrawer(meta, 60, 60).draw(data)
    drawn = coloured(tile.image)
    assert not (drawn & (ids[0].numpy() == 1)).any()
    # a ring, two pixels away
    assert drawn[8:15, 18:24].sum() == 2 * 6 + 2 * 5
    assert not drawn[:, 26:46].any()
    assert tile.caption[2] == 'target: 2 (2x3 1x1 px)'
    # reduced to a third, one pixel is still shown
    (tile,) = SampleDrawer(meta, 20, 20).draw(data)
    assert coloured(tile.image)[7:14, 13:].any()


def test_boxes():
    instances = InstanceData(
        bboxes=torch.tensor([[10.0, 5, 50, 35], [2, 2, 6, 6]]),
        labels=torch.tensor([1, 0]),
    )
    meta = dict(classes=('Person', 'Car'))
    (tile,) = SampleDrawer(meta, 120, 120).draw(sample(gt_instances=instances))
    car = class_colours(('Person', 'Car'), ())[1]
    assert tile.caption[2] == '2 boxes'
    for x, y in ((20, 40), (100, 40), (60, 70)):
        assert tuple(tile.image[y, x].tolist()) == car
    assert tuple(tile.image[40, 60].tolist()) == (GREY,) * 3


def test_no_palette_gives_different_colours():
    colours = class_colours([f'class {i}' for i in range(12)], ())
    assert len(set(colours)) == 12
    assert class_colours(('background', 'x'), ())[0] == (0, 0, 0)
    # a palette that would hide the target
    assert class_colours(('sky', 'x'), ([1, 1, 1], [0, 0, 0]))[1] != (0, 0, 0)


def test_legend_holds_all_classes():
    drawer = SampleDrawer(
        dict(classes=[f'a long name {i}' for i in range(9)]), 60, 60
    )
    wide, narrow = drawer.legend(2000), drawer.legend(200)
    assert len(narrow) > len(wide)
    assert coloured(narrow).sum() == coloured(wide).sum()
    assert SampleDrawer({}, 60, 60).legend(200) is None


def test_floats():
    values = torch.tensor([0.4, 99.6, 254.6, 255.0]).reshape(1, 2, 2)
    image, about = to_picture(values)
    assert image.tolist() == [[0, 100], [255, 255]]
    assert 'stretched' not in about
    image, about = to_picture(torch.tensor([-2.0, 0, 2]).reshape(1, 1, 3))
    assert image.tolist() == [[0, 128, 255]]
    assert 'float32 -2..2, stretched' in about
    with pytest.raises(ValueError, match='shape'):
        to_picture(torch.zeros(2, 4, 4))


def test_sheet():
    tiles = [
        Tile(np.full((30, 60), i, np.uint8), (f'caption {i}', 'ä'))
        for i in (10, 20, 30)
    ]
    sheet = contact_sheet([tiles[:2], tiles[2:]], 120, 120)
    assert sheet.shape == (2 * (60 + 40) + 8, 2 * 128 + 8, 3)
    for (x, y), value in {(60, 30): 10, (190, 30): 20, (60, 130): 30}.items():
        assert (sheet[y, x] == value).all()
    assert (sheet[130, 190] == 255).all()


def test_long_captions_lose_their_beginning():
    assert shorten('short', 100) == 'short'
    text = shorten('a/very/long/path/to/frame_0001.png', 100)
    assert text.startswith('..')
    assert text.endswith('0001.png')
