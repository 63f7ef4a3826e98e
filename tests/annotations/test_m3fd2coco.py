"""Pascal VOC XML to COCO JSON."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from infmae_mm.annotations.sequences import (
    find_sequences,
    split_sequences,
)
from infmae_mm.classes import M3FD_CLASSES
from infmae_mm.synthetic.layouts import M3FD_NAMES, write_scenes
from infmae_mm.synthetic.scenes import render_scene
from infmae_mm.thermal import LoadThermalImage

OBJECT = (
    '<object><name>{}</name><difficult>{}</difficult><bndbox><xmin>{}</xmin>'
    '<ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>'
)


@pytest.fixture
def voc(tmp_path):
    """Writes an image of 40x30 and its annotation into a VOC folder."""
    for folder in ('Annotations', 'JPEGImages'):
        (tmp_path / folder).mkdir()

    def write(name, *objects, size=(40, 30)):
        image = np.zeros((30, 40), np.uint8)
        cv2.imwrite(str(tmp_path / 'JPEGImages' / f'{name}.png'), image)
        size = '<width>{}</width><height>{}</height>'.format(*size)
        boxes = ''.join(OBJECT.format(*o[:1], 0, *o[1:]) for o in objects)
        xml = f'<annotation><size>{size}</size>{boxes}</annotation>'
        (tmp_path / 'Annotations' / f'{name}.xml').write_text(xml)
        return tmp_path

    return write


def read(path):
    """Boxes of each image file, as (class, left, top, right, bottom)."""
    coco = json.loads(Path(path).read_text())
    classes = {c['id']: c['name'] for c in coco['categories']}
    boxes = {image['id']: [] for image in coco['images']}
    for annotation in coco['annotations']:
        x, y, w, h = annotation['bbox']
        assert annotation['area'] == w * h > 0
        assert annotation['iscrowd'] == 0
        name = classes[annotation['category_id']]
        boxes[annotation['image_id']].append((name, x, y, x + w, y + h))
    ids = [a['id'] for a in coco['annotations']]
    assert ids == list(range(1, len(ids) + 1))
    return {i['file_name']: boxes[i['id']] for i in coco['images']}


def refusal(convert, *args):
    with pytest.raises(SystemExit) as error:
        convert(*args)
    return str(error.value)


def test_boxes_of_rendered_scenes_come_back(tmp_path, convert, capsys):
    root, size = tmp_path / 'set', (96, 128)
    write_scenes(str(root), 'm3fd', num=5, size=size, seed=3)
    convert(root / 'Annotation', tmp_path / 'out.json')
    boxes = read(tmp_path / 'out.json')
    total = 0
    for i in range(5):
        scene = render_scene(np.random.default_rng([3, i]), size)
        expected = [
            (M3FD_NAMES[name], *map(float, box))
            for name, box in zip(
                scene.names, scene.boxes.tolist(), strict=True
            )
        ]
        assert boxes[f'{i:05}.png'] == expected
        total += len(expected)
    coco = json.loads((tmp_path / 'out.json').read_text())
    assert [c['name'] for c in coco['categories']] == list(M3FD_CLASSES)
    assert {(i['width'], i['height']) for i in coco['images']} == {(128, 96)}
    assert total > 10
    assert '5 images' in capsys.readouterr().out


def test_coordinates_that_count_from_0(voc, convert, tmp_path, capsys):
    root = voc('a', ('Car', 0, 0, 10, 20), ('DontCare', 1, 1, 2, 2))
    out = tmp_path / 'out.json'
    args = (root / 'Annotations', out, '--ignore-classes', 'DontCare')
    convert(*args, '--first-pixel', 0)
    assert read(out) == {'a.png': [('Car', 0, 0, 10, 20)]}
    printed = capsys.readouterr()
    assert 'of ignored classes: 1' in printed.out
    assert 'first-pixel' not in printed.err
    convert(*args, '--force')
    assert 'first-pixel' in capsys.readouterr().err


def test_other_names_of_a_class(voc, convert, tmp_path):
    box = (1, 1, 4, 4)
    root = voc('a', *((n, *box) for n in ('Motor', 'person', 'People', 'car')))
    convert(root / 'Annotations', tmp_path / 'out.json')
    names = [box[0] for box in read(tmp_path / 'out.json')['a.png']]
    assert names == ['Motorcycle', 'People', 'People', 'Car']


def test_clipped_and_empty_boxes_are_counted(voc, convert, tmp_path, capsys):
    root = voc(
        'a',
        ('Car', -4, 5, 50, 10),  # to the border
        ('Car', 45, 5, 50, 10),  # outside
        ('Car', 9, 5, 8, 10),  # without area
        ('Car', 8, 5, 8, 5),  # a pixel
    )
    voc('b')
    convert(root / 'Annotations', tmp_path / 'out.json')
    assert read(tmp_path / 'out.json') == {
        'a.png': [('Car', 0, 4, 40, 10), ('Car', 7, 4, 8, 5)],
        'b.png': [],
    }
    out = capsys.readouterr().out
    assert 'clipped at the border of the image: 1' in out
    assert 'without area in it: 2' in out
    assert 'images without a box: 1' in out


def test_size_of_the_image_counts(voc, convert, tmp_path, capsys):
    root, out = voc('a', ('Car', 1, 1, 30, 20), size=(80, 60)), tmp_path / 'o'
    convert(root / 'Annotations', out.with_suffix('.json'))
    assert read(out.with_suffix('.json'))['a.png'] == [('Car', 0, 0, 30, 20)]
    assert 'a.png' in capsys.readouterr().err
    voc('a', ('Car', 1, 1, 60, 60), size=(80, 60))
    args = root / 'Annotations', out.with_suffix('.json'), '--force'
    assert 'not the 40x30 of its image a.png' in refusal(convert, *args)


def test_size_of_a_turned_image(voc, convert, tmp_path):
    """The size is that of the image as it is loaded."""
    root = voc('a', ('Car', 1, 1, 60, 60))
    path = root / 'JPEGImages' / 'a.png'
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.open(path).save(path.with_suffix('.jpg'), exif=exif)
    path.unlink()
    convert(root / 'Annotations', tmp_path / 'out.json')
    loaded = LoadThermalImage()(dict(img_path=path.with_suffix('.jpg')))
    assert loaded['img_shape'] == (40, 30)
    assert read(tmp_path / 'out.json')['a.jpg'] == [('Car', 0, 0, 30, 40)]


def test_histogram_of_sizes(voc, convert, tmp_path, capsys):
    root = voc('a', ('Car', 1, 1, 7, 7), ('Car', 1, 1, 8, 8))
    voc('b', ('Car', 1, 1, 20, 20), ('Bus', 1, 1, 40, 30))
    convert(root / 'Annotations', tmp_path / 'out.json')
    rows = [
        line.replace('│', ' ').split()
        for line in capsys.readouterr().out.splitlines()
    ]
    # images, boxes; sides below 8, 16, 32, 64, 96 pixels and above
    assert ['Car', '2', '3', '1', '1', '1', '0', '0', '0'] in rows
    assert ['Bus', '1', '1', '0', '0', '0', '1', '0', '0'] in rows


@pytest.mark.parametrize(
    ('break_', 'expected'),
    [
        (
            lambda d: (d / 'JPEGImages/b.png').unlink(),
            ('b.xml', 'missing', '--split-file'),
        ),
        (
            lambda d: (d / 'JPEGImages/b.png').write_bytes(b'x'),
            ('b.png', 'cannot be read'),
        ),
        (
            lambda d: (d / 'JPEGImages/b.jpg').write_bytes(b'x'),
            ('b.xml', 'which image'),
        ),
        (
            lambda d: (d / 'Annotations/b.xml').write_text('<annotation>'),
            ('b.xml', 'broken XML'),
        ),
        (
            lambda d: (d / 'Annotations/b.xml').write_text(
                OBJECT.format('Car', 0, 1, 1, 'nan', 4)
            ),
            ('b.xml', 'bndbox/xmax', "'nan'"),
        ),
        (
            lambda d: (d / 'Annotations/b.xml').write_text(
                '<a><object><name>Car</name></object></a>'
            ),
            ('b.xml', 'bndbox/xmin', 'None'),
        ),
        (
            lambda d: (d / 'Annotations/b.xml').write_text(
                f'<a>{OBJECT.format("Tank", 0, 1, 1, 4, 4)}</a>'
            ),
            ('b.xml', "'Tank'", '--ignore-classes'),
        ),
    ],
)
def test_errors_name_the_file(voc, convert, tmp_path, break_, expected):
    voc('a', ('Car', 1, 1, 5, 5))
    root = voc('b', ('Car', 1, 1, 5, 5))
    break_(root)
    message = refusal(convert, root / 'Annotations', tmp_path / 'o.json')
    for part in expected:
        assert part in message
    assert not list(tmp_path.glob('*.json'))
    assert not list(tmp_path.glob('*.tmp'))


def test_nothing_is_overwritten(voc, convert, tmp_path):
    root, there = voc('a'), tmp_path / 'o_val.json'
    voc('b')
    there.write_text('precious')
    args = (root / 'Annotations', tmp_path / 'o.json', '--scene-length', 1)
    assert '--force' in refusal(convert, *args, '--ratio', 0.5)
    assert there.read_text() == 'precious'
    assert list(tmp_path.glob('*.json')) == [there]
    convert(*args, '--ratio', 0.5, '--force')
    assert len(read(there)) == 1


def test_folders_that_are_not_there(voc, convert, tmp_path):
    root = voc('a')
    out = tmp_path / 'o.json'
    assert 'nowhere' in refusal(convert, tmp_path / 'nowhere', out)
    assert 'no .xml' in refusal(convert, root / 'JPEGImages', out)
    (root / 'images').mkdir()
    assert '--image-dir' in refusal(convert, root / 'Annotations', out)
    convert(root / 'Annotations', out, '--image-dir', root / 'JPEGImages')
    assert list(read(out)) == ['a.png']


def test_split_file(voc, convert, tmp_path):
    for name in ('a', 'b', 'c'):
        root = voc(name)
    names, out = tmp_path / 'names.txt', tmp_path / 'o.json'
    names.write_text('c\n\na.png\n')
    args = (root / 'Annotations', out, '--split-file', names)
    convert(*args)
    assert list(read(out)) == ['c.png', 'a.png']
    for text, expected in (
        ('a\nb\na\n', 'line 3: a stands in line 1'),
        ('a\nd\n', 'line 2: d has no'),
        ('\n', 'no name'),
    ):
        names.write_text(text)
        assert expected in refusal(convert, *args, '--force')
    names.unlink()
    assert 'names.txt' in refusal(convert, *args, '--force')


def test_split_keeps_neighbours_together(voc, convert, tmp_path):
    frames = {'s': (1, 2, 40, 200, 201), 't': (3, 4), 'u': (1, 9, 10)}
    for scene, numbers in frames.items():
        for number in numbers:
            root = voc(f'{scene}_{number}')
    scenes = [
        {'s_1.png', 's_2.png', 's_40.png'},
        {'s_200.png', 's_201.png'},
        {'t_3.png', 't_4.png'},
        {'u_1.png', 'u_9.png', 'u_10.png'},
    ]
    splits = []
    for seed in (0, 0, 1, 2, 3):
        out = tmp_path / 'o.json'
        convert(
            root / 'Annotations',
            out,
            *('--ratio', 0.7, '--seed', seed, '--force'),
        )
        train = set(read(tmp_path / 'o_train.json'))
        val = set(read(tmp_path / 'o_val.json'))
        assert not train & val
        assert train | val == set.union(*scenes)
        assert abs(len(train) - 7) <= 1
        for scene in scenes:
            assert scene <= train or scene <= val
        splits.append(train)
    assert splits[0] == splits[1]
    assert len(set(map(frozenset, splits))) > 1
    assert not (tmp_path / 'o.json').exists()


def test_a_run_without_gaps_is_cut_into_blocks():
    """M3FD numbers its images through."""
    names = [f'{i:05}' for i in range(4200)]
    scenes = find_sequences(names)
    assert [len(scene) for scene in scenes] == [100] * 42
    train, val = split_sequences(scenes, 0.8, seed=0)
    assert len(train) == 34
    assert sorted(n for scene in train + val for n in scene) == names


def test_random_ids_are_no_numbers_of_frames():
    """Of Roboflow, which makes copies of frames too, Label Studio and FLIR."""
    roboflow = [
        [f'{v}_mp4-{i}_jpg.rf.{7**i % 61:032x}' for i in range(40)]
        for v in ('a', 'b')
    ]
    copies = [[f'cat_jpg.rf.{i}e{i}' for i in range(3)]]
    flir = [
        [f'video-7kWW3-frame-{i:06}-b{i % 7}tLN{i % 5}o' for i in numbers]
        for numbers in (range(0, 90, 3), range(200, 290, 3))
    ]
    studio = [
        [f'{folder}/{7**i % 61 + 160:02x}12ab34-frame_{i}' for i in range(40)]
        for folder in ('train', 'val')
    ]
    dates = [[f'2026112{day}-{i}' for i in range(4)] for day in range(3)]
    sequences = dates + roboflow + copies + studio + flir
    found = find_sequences([name for names in sequences for name in names])
    assert [set(names) for names in found] == [set(s) for s in sequences]


def test_one_scene_cannot_be_split(voc, convert, tmp_path):
    root = voc('a_1')
    voc('a_2')
    args = (root / 'Annotations', tmp_path / 'o.json', '--ratio', 0.5)
    assert '--sequence-length' in refusal(convert, *args)


@pytest.mark.slow
def test_needs_no_mmdet(voc, tmp_path):
    root = voc('a', ('Car', 1, 1, 5, 5))
    tool = Path(__file__).parents[2] / 'tools/dataset_converters/m3fd2coco.py'
    code = (
        'import sys, runpy\n'
        'sys.modules.update(mmdet=None, mmseg=None, mmpretrain=None)\n'
        f"runpy.run_path({str(tool)!r}, run_name='__main__')"
    )
    out = tmp_path / 'o.json'
    command = [sys.executable, '-c', code, root / 'Annotations', out]
    subprocess.run(list(map(str, command)), check=True)
    assert read(out) == {'a.png': [('Car', 0, 0, 5, 5)]}
