import runpy
import sys
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from PIL import Image

from infmae_mm.synthetic.figures import CLASSES
from infmae_mm.synthetic.layouts import LAYOUTS, M3FD_NAMES, write_scenes
from infmae_mm.synthetic.scenes import render_scene
from infmae_mm.thermal import InfraredImages, read_image

SIZE = (120, 160)
REPOSITORY = Path(__file__).parents[2]


def scene(seed, kind='street', bits=8, size=SIZE):
    return render_scene(np.random.default_rng(seed), size, kind, bits)


@pytest.mark.parametrize('kind', ['street', 'sky'])
@pytest.mark.parametrize('bits', [8, 16])
def test_seed_decides(kind, bits):
    a, b, c = (scene(s, kind, bits) for s in (1, 1, 2))
    for key in ('image', 'labels', 'targets', 'boxes', 'names'):
        np.testing.assert_array_equal(getattr(a, key), getattr(b, key))
    assert not np.array_equal(a.image, c.image)


@pytest.mark.parametrize('size', [(32, 32), (33, 200), (200, 47), SIZE])
@pytest.mark.parametrize('kind', ['street', 'sky'])
def test_shapes_and_types(size, kind):
    for bits, dtype in ((8, np.uint8), (16, np.uint16)):
        s = scene(0, kind, bits, size)
        assert s.image.shape == s.labels.shape == s.targets.shape == size
        assert s.image.dtype == dtype
        assert s.labels.dtype == np.uint8
        assert s.targets.dtype == bool
        assert s.labels.max() < len(CLASSES)
        assert s.boxes.shape == (len(s.names), 4)


def test_counts_are_like_those_of_a_camera():
    for seed in range(10):
        counts = scene(seed, 'street', 16).image
        assert 4000 < counts.min() <= counts.max() < 26000
        assert counts.max() - counts.min() < 6000


def test_grey_values_fill_the_range():
    for seed in range(6):
        image = scene(seed, 'street').image
        assert image.min() == 0 and image.max() == 255
        assert 20 < image.std() < 100


def test_noise_and_stripes_are_there():
    s = scene(3, 'sky', 16, (400, 400)).image.astype(float)
    s = s[:300]  # no horizon there
    detail = s - cv2.GaussianBlur(s, (0, 0), 3)
    columns = np.median(detail, axis=0).std()
    rows = np.median(detail, axis=1).std()
    assert columns > 1.5 * rows
    assert np.median(np.abs(detail)) > 1


def test_boxes_are_the_bounds_of_labelled_pixels():
    seen = set()
    for seed in range(30):
        s = scene(seed)
        for (left, top, right, bottom), name in zip(
            s.boxes, s.names, strict=True
        ):
            seen.add(name)
            assert 0 <= left < right <= SIZE[1]
            assert 0 <= top < bottom <= SIZE[0]
            inside = s.labels[top:bottom, left:right] == CLASSES.index(name)
            # each side touches the object
            assert inside[0].any() and inside[-1].any()
            assert inside[:, 0].any() and inside[:, -1].any()
    assert seen >= {'person', 'car', 'bike', 'bus'}


def test_people_are_warmer_than_what_is_around():
    warmer = []
    for seed in range(20):
        s = scene(seed, size=(240, 320))
        for box, name in zip(s.boxes, s.names, strict=True):
            if name == 'person':
                left, top, right, bottom = box
                window = s.image[top:bottom, left:right].astype(float)
                person = s.labels[top:bottom, left:right] == 2
                if not person.all():
                    warmer.append(
                        window[person].mean() > window[~person].mean()
                    )
    assert len(warmer) > 20
    assert np.mean(warmer) > 0.9


def test_small_targets():
    for seed in range(20):
        s = scene(seed, 'sky', 16, (256, 256))
        n, _, stats, _ = cv2.connectedComponentsWithStats(
            s.targets.astype(np.uint8), connectivity=8
        )
        assert n - 1 == s.names.count('target') == len(s.names) >= 1
        across = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)
        assert across.min() >= 2 and across.max() <= 10
        corners = stats[1:, :2]
        np.testing.assert_array_equal(
            np.sort(corners, 0), np.sort(s.boxes[:, :2], 0)
        )
        np.testing.assert_array_equal(
            s.targets, s.labels == CLASSES.index('target')
        )
        # brighter than their surroundings
        image = cv2.medianBlur(s.image, 3).astype(float)
        ring = cv2.dilate(s.targets.astype(np.uint8), np.ones((13, 13)))
        ring = (ring > 0) & ~s.targets
        assert image[s.targets].mean() > image[ring].mean()


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(size=(16, 64)), 'size'),
        (dict(bits=12), 'bits'),
        (dict(kind='sea'), 'kind'),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        render_scene(np.random.default_rng(0), **{'size': SIZE, **options})


class TestSets:
    @pytest.mark.parametrize('layout', LAYOUTS)
    def test_repeat_adds_what_is_missing(self, tmp_path, layout):
        out = tmp_path / 'set'
        assert write_scenes(out, layout, 3, (48, 64)) == 3
        files = {p: p.read_bytes() for p in out.rglob('*') if p.is_file()}
        assert write_scenes(out, layout, 3, (48, 64)) == 0
        gone = next(p for p in files if p.suffix == '.png')
        gone.unlink()
        assert write_scenes(out, layout, 3, (48, 64)) == 1
        assert files == {
            p: p.read_bytes() for p in out.rglob('*') if p.is_file()
        }

    def test_folders_of_a_user_are_refused(self, tmp_path):
        mine = tmp_path / 'holiday.txt'
        mine.write_text('mine')
        with pytest.raises(FileExistsError, match='new or an empty folder'):
            write_scenes(tmp_path, num=1, size=(48, 64))
        assert list(tmp_path.iterdir()) == [mine]
        with pytest.raises(FileExistsError, match='new or an empty folder'):
            write_scenes(mine, num=1, size=(48, 64))
        assert mine.read_text() == 'mine'

    def test_another_set_is_refused(self, tmp_path):
        write_scenes(tmp_path / 'set', num=1, size=(48, 64))
        with pytest.raises(FileExistsError, match="'seed': 1"):
            write_scenes(tmp_path / 'set', num=1, size=(48, 64), seed=1)

    def test_longer_set_begins_with_the_shorter(self, tmp_path):
        write_scenes(tmp_path / 'a', num=2, size=(48, 64))
        write_scenes(tmp_path / 'b', num=3, size=(48, 64))
        for name in ('000/000000.png', '000/000001.png'):
            a, b = (tmp_path / s / name for s in 'ab')
            assert a.read_bytes() == b.read_bytes()

    @pytest.mark.parametrize('bits', [8, 16])
    def test_pretrain(self, tmp_path, bits):
        write_scenes(tmp_path / 'set', num=4, size=(48, 64), bits=bits)
        dataset = InfraredImages(str(tmp_path / 'set'))
        assert len(dataset) == 4
        for i in range(4):
            image = read_image(dataset.get_data_info(i)['img_path'])
            assert image.shape == (48, 64)
            assert image.itemsize * 8 == bits

    def test_msrs(self, tmp_path):
        write_scenes(tmp_path, 'msrs', 8, (96, 128))
        for part, n in (('train', 6), ('test', 2)):
            images = sorted((tmp_path / part / 'ir').iterdir())
            assert len(images) == n
            for path in images:
                assert read_image(path).shape == (96, 128)
                label = tmp_path / part / 'Segmentation_labels' / path.name
                with Image.open(label) as image:
                    ids = np.asarray(image)
                    colours = np.asarray(image.convert('RGB'))
                assert ids.shape == (96, 128)
                assert ids.max() <= 8
                assert (colours[ids == 1] == (64, 0, 128)).all()
                assert (colours[ids == 2] == (64, 64, 0)).all()

    def test_m3fd(self, tmp_path):
        write_scenes(tmp_path, 'm3fd', 4, (96, 128), seed=5)
        boxes = 0
        for i, path in enumerate(sorted((tmp_path / 'Ir').iterdir())):
            image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            assert image.shape == (96, 128, 3)
            root = ElementTree.parse(tmp_path / f'Annotation/{path.stem}.xml')
            rng = np.random.default_rng([5, i])
            expected = render_scene(rng, (96, 128))
            np.testing.assert_array_equal(image[..., 0], expected.image)
            found = [
                [
                    int(node.findtext(f'bndbox/{k}'))
                    for k in ('xmin', 'ymin', 'xmax', 'ymax')
                ]
                for node in root.iter('object')
            ]
            # counted from 1, the last pixel included
            np.testing.assert_array_equal(
                np.array(found).reshape(-1, 4) - (1, 1, 0, 0), expected.boxes
            )
            assert [n.findtext('name') for n in root.iter('object')] == [
                M3FD_NAMES[n] for n in expected.names
            ]
            boxes += len(found)
        assert boxes > 4

    @pytest.mark.parametrize(
        ('layout', 'image', 'mask'),
        [
            ('irstd1k', 'IRSTD1k_Img/XDU2.png', 'IRSTD1k_Label/XDU2.png'),
            ('sirst', 'images/Misc_2.png', 'masks/Misc_2_pixels0.png'),
            ('nudt', 'images/000002.png', 'masks/000002.png'),
        ],
    )
    def test_small_targets(self, tmp_path, layout, image, mask):
        write_scenes(tmp_path, layout, 3, (96, 128))
        assert read_image(tmp_path / image).shape == (96, 128)
        assert set(np.unique(read_image(tmp_path / mask))) == {0, 255}

    @pytest.mark.parametrize(
        ('options', 'message'),
        [
            (dict(layout='coco'), 'layout'),
            (dict(layout='msrs', bits=16), '8 bit'),
            (dict(num=0), 'num'),
            (dict(seed=-1), 'seed'),
            (dict(size=(8, 8)), 'size'),
            (dict(bits=12), 'bits'),
        ],
    )
    def test_wrong_options_write_nothing(self, tmp_path, options, message):
        with pytest.raises(ValueError, match=message):
            write_scenes(tmp_path / 'set', **options)
        assert not (tmp_path / 'set').exists()

    def test_tool(self, tmp_path, monkeypatch, capsys):
        tool = str(REPOSITORY / 'tools' / 'make_scenes.py')
        command = [tool, f'{tmp_path}/set', '--num=2', '--size', '48', '64']
        monkeypatch.setattr(sys, 'argv', command)
        for expected in ('2 images written', '2 were there'):
            runpy.run_path(tool, run_name='__main__')
            assert expected in capsys.readouterr().out
        monkeypatch.setattr(sys, 'argv', [*command, '--seed=1'])
        with pytest.raises(SystemExit, match='error: .* another folder'):
            runpy.run_path(tool, run_name='__main__')
