import cv2
import numpy as np
import pytest
import torch
from mmcv.transforms.utils import cache_random_params
from mmengine.registry import TRANSFORMS
from PIL import Image

from infmae_mm.thermal import (
    LoadRandomResizedCrop,
    LoadThermalImage,
    PackInfrared,
    ResizeCenterCrop,
)
from infmae_mm.thermal.transforms import resize


@pytest.fixture(autouse=True)
def numpy_seed():
    np.random.seed(0)


def pil_bicubic(image, box, size):
    """PIL's antialiased bicubic RandomResizedCrop of one box."""
    top, left, height, width = box
    crop = image[top : top + height, left : left + width]
    crop = Image.fromarray(np.ascontiguousarray(crop))
    return np.asarray(crop.resize(size[::-1], Image.Resampling.BICUBIC), int)


def test_registered():
    for name in (
        'LoadRandomResizedCrop',
        'LoadThermalImage',
        'PackInfrared',
        'ResizeCenterCrop',
    ):
        transform = TRANSFORMS.build(dict(type=name))
        assert name in repr(transform)


@pytest.mark.parametrize(
    'shape', [(23, 40), (1, 1), (1, 300), (96, 128), (1024, 6912)]
)
@pytest.mark.parametrize('size', [224, (64, 96)])
@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
def test_any_shape_to_any_size(tmp_path, picture, shape, size, suffix):
    path = str(tmp_path / f'image{suffix}')
    cv2.imwrite(path, cv2.resize(picture, shape[::-1]))
    expected = (size, size) if isinstance(size, int) else size
    for transforms in (
        [LoadRandomResizedCrop(size)],
        [LoadThermalImage(1), ResizeCenterCrop(size)],
    ):
        results = dict(img_path=path)
        for transform in transforms:
            results = transform(results)
        assert results['img'].shape[:2] == results['img_shape'] == expected
        assert results['img'].size == expected[0] * expected[1]
        assert results['img'].dtype == np.uint8
        assert results['ori_shape'] == shape


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
def test_box_is_inside_and_of_the_drawn_kind(tmp_path, picture, suffix):
    path = str(tmp_path / f'image{suffix}')
    cv2.imwrite(path, cv2.resize(picture, (501, 333)))
    transform = LoadRandomResizedCrop(32)
    areas = []
    for _ in range(200):
        top, left, h, w = transform(dict(img_path=path))['crop_box']
        assert top >= 0 and left >= 0
        assert top + h <= 333 and left + w <= 501
        # snapping to the pixels of a reduced picture takes up to 7 of them
        assert 3 / 4 - 0.06 < w / h < 4 / 3 + 0.06
        areas.append(h * w / 333 / 501)
    assert 0.18 < min(areas) < 0.25
    # shares are uniform in (0.2, 1), but the largest seldom fit: 2/3 of the
    # area is the largest square
    assert 0.4 < np.mean(areas) < 0.5


def test_box_of_a_long_picture():
    transform = LoadRandomResizedCrop(scale=(0.9, 1.0))
    top, left, h, w = transform.sample_box(100, 2000)
    assert (top, h) == (0, 100)
    assert w == 133
    assert left == (2000 - 133) // 2


def test_sampling_follows_torchvision():
    transforms = pytest.importorskip('torchvision.transforms')
    torch.manual_seed(0)
    ours = LoadRandomResizedCrop()
    blank = torch.empty(1, 512, 640)
    theirs = np.array(
        [
            transforms.RandomResizedCrop.get_params(
                blank, ours.scale, ours.ratio
            )
            for _ in range(4000)
        ]
    )
    mine = np.array([ours.sample_box(512, 640) for _ in range(4000)])
    # top, left, height, width: same distributions
    for q in (10, 25, 50, 75, 90):
        difference = np.percentile(mine, q, 0) - np.percentile(theirs, q, 0)
        assert np.abs(difference).max() < 16


def test_numpy_seed_decides(tmp_path, picture):
    path = str(tmp_path / 'image.png')
    cv2.imwrite(path, picture)
    transform = LoadRandomResizedCrop(32)
    boxes = []
    for seed in (1, 1, 2):
        np.random.seed(seed)
        boxes.append(transform(dict(img_path=path))['crop_box'])
    assert boxes[0] == boxes[1] != boxes[2]
    with cache_random_params(transform):
        first = transform(dict(img_path=path))
        assert transform(dict(img_path=path))['crop_box'] == first['crop_box']


def test_reduced_only_where_the_crop_stays_larger(
    tmp_path, picture, monkeypatch
):
    path = str(tmp_path / 'image.jpg')
    cv2.imwrite(path, cv2.resize(picture, (641, 479)))
    flags = []
    decode = cv2.imdecode
    monkeypatch.setattr(
        cv2, 'imdecode', lambda data, f: flags.append(f) or decode(data, f)
    )
    reduced = {
        cv2.IMREAD_REDUCED_GRAYSCALE_2: 2,
        cv2.IMREAD_REDUCED_GRAYSCALE_4: 4,
        cv2.IMREAD_REDUCED_GRAYSCALE_8: 8,
    }
    seen = set()
    transform = LoadRandomResizedCrop((40, 64))
    for _ in range(100):
        _, _, h, w = transform(dict(img_path=path))['crop_box']
        by = reduced.get(flags.pop() & ~cv2.IMREAD_IGNORE_ORIENTATION, 1)
        seen.add(by)
        assert h // by >= 40 and w // by >= 64 or by == 1
        assert h % by == w % by == 0
        # not less reduced than possible, but for the snapping of the box
        assert by == 8 or min(h / 40, w / 64) < by * 2 + 1
    assert seen == {2, 4, 8}


def test_crops_of_one_raw_picture_look_alike(tmp_path, picture):
    path = str(tmp_path / 'raw.png')
    raw = picture.astype(np.uint16) * 9 + 8000
    cv2.imwrite(path, raw)
    mapping = dict(rule='minmax')
    loaded = LoadThermalImage(1, mapping)(dict(img_path=path))
    whole = loaded['img'][..., 0]
    # output as large as the crop: the resizing does nothing
    transform = LoadRandomResizedCrop(
        (48, 64), (0.25, 0.25), (4 / 3, 4 / 3), mapping
    )
    results = transform(dict(img_path=path))
    top, left, h, w = results['crop_box']
    assert (h, w) == (48, 64)
    assert results['mapping'] == loaded['mapping']
    assert results['mapping'] == dict(
        rule='minmax', low=float(raw.min()), high=float(raw.max())
    )
    np.testing.assert_array_equal(
        results['img'], whole[top : top + h, left : left + w]
    )


def test_center_crop(picture):
    image = ResizeCenterCrop((96, 64))(dict(img=picture))['img']
    np.testing.assert_array_equal(image, picture[:, 32:96])
    image = ResizeCenterCrop(48)(dict(img=picture))['img']
    expected = pil_bicubic(picture, (0, 16, 96, 96), (48, 48))
    assert np.abs(image - expected).mean() < 1


@pytest.mark.parametrize('channels', [1, 3])
def test_channels_are_kept(picture, channels):
    image = np.dstack([picture] * channels)
    image = ResizeCenterCrop((50, 40))(dict(img=image))['img']
    assert image.shape == (50, 40, channels)
    inputs = PackInfrared()(dict(img=image))['inputs']
    assert inputs.shape == (channels, 50, 40)
    assert inputs.is_contiguous()
    grey = ResizeCenterCrop((50, 40))(dict(img=picture))['img']
    for channel in inputs:
        np.testing.assert_array_equal(channel.numpy(), grey)


def test_flat_pictures_stay_flat():
    for n in (3, 20, 60, 100, 999):
        image = resize(np.full((n, n + 1), 77, np.uint8), (48, 50))
        assert (image == 77).all()


def test_pack(picture):
    flipped = picture[:, ::-1]  # not contiguous
    packed = PackInfrared()(
        dict(
            img=flipped,
            img_path='a',
            unreadable=(),
            mapping=dict(rule='minmax'),
        )
    )
    inputs, sample = packed['inputs'], packed['data_samples']
    assert inputs.dtype == torch.uint8
    assert inputs.shape == (1, 96, 128)
    assert inputs.is_contiguous()
    np.testing.assert_array_equal(inputs[0].numpy(), flipped)
    assert sample.img_path == 'a'
    assert sample.unreadable == ()
    assert sample.mapping == dict(rule='minmax')
    assert 'ori_shape' not in sample


@pytest.mark.parametrize('size', [0, (224,), (1, 2, 3), 1.5, (8, 0.5), '8'])
def test_wrong_sizes(size):
    for transform in (LoadRandomResizedCrop, ResizeCenterCrop):
        with pytest.raises((ValueError, TypeError), match='size|iterable'):
            transform(size)


@pytest.mark.parametrize(
    'options',
    [dict(scale=(0, 1)), dict(scale=(0.5, 1.5)), dict(ratio=(2, 1))],
)
def test_wrong_ranges(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        LoadRandomResizedCrop(**options)


@pytest.mark.parametrize(
    ('size', 'reductions', 'tolerance'),
    [
        ((224, 224), {1, 2}, 0.6),
        ((384, 384), {1}, 0.6),
        ((64, 64), {2, 4}, 1.2),
    ],
)
def test_close_to_pil(real_data, size, reductions, tolerance):
    files = sorted((real_data / 'hit_uav' / 'JPEGImages').iterdir())[::16]
    transform = LoadRandomResizedCrop(size)
    differences, seen = [], set()
    for path in files:
        results = transform(dict(img_path=str(path)))
        box = results['crop_box']
        seen.add(transform._reduction(box))
        with Image.open(path) as image:
            expected = pil_bicubic(np.asarray(image.convert('L')), box, size)
        differences.append(np.abs(results['img'] - expected).mean())
    assert seen >= reductions
    assert np.mean(differences) < tolerance
    assert max(differences) < 3 * tolerance
