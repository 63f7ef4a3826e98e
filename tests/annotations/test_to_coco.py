"""Boxes as people have them, to COCO and to YOLO."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from infmae_mm.annotations.yolo_set import yolo_parts
from infmae_mm.thermal.headers import image_size


def refusal(to_coco, *args):
    with pytest.raises(SystemExit) as error:
        to_coco(*args)
    return str(error.value)


def to_yolo(to_coco, coco, out, images):
    to_coco(coco, out, '--to', 'yolo', '--image-dir', images)


@pytest.fixture
def yolo(tmp_path, image):
    """A folder of images and one of labels, classes.txt above them."""
    for name in ('a', 'b', 's/c'):
        image(f'images/{name}.png')
    labels = tmp_path / 'labels'
    (labels / 's').mkdir(parents=True)
    (labels / 'a.txt').write_text(
        '0 0.5 0.5 0.25 0.2\n\n1 0.875 0.9 0.25 0.2\n'
    )
    # a polygon: a triangle
    (labels / 's' / 'c.txt').write_text('1 0.1 0.1 0.5 0.1 0.1 0.5\n')
    (tmp_path / 'classes.txt').write_text('person\ncar\n')
    return tmp_path


EXPECTED = {
    'a.png': [('car', 30, 24, 40, 30), ('person', 15, 12, 25, 18)],
    'b.png': [],
    'c.png': [('car', 4, 3, 20, 15)],
}


def test_yolo_folder(yolo, to_coco, boxes_of, capsys):
    out = yolo / 'out.json'
    to_coco(yolo / 'labels', out)
    assert boxes_of(out) == EXPECTED
    coco = json.loads(out.read_text())
    assert [c['name'] for c in coco['categories']] == ['person', 'car']
    assert coco['images'][2]['file_name'] == 's/c.png'
    triangle = coco['annotations'][-1]
    assert np.allclose(triangle['segmentation'], [[4, 3, 20, 3, 4, 15]])
    assert triangle['area'] == pytest.approx(16 * 12 / 2)
    assert '1 of them without a file' in capsys.readouterr().out
    to_coco(yolo / 'labels', out, '--force', '--ignore-classes', 'person')
    coco = json.loads(out.read_text())
    assert [c['name'] for c in coco['categories']] == ['car']
    assert len(coco['annotations']) == 2


@pytest.mark.parametrize(
    ('line', 'expected'),
    [
        ('2 0.5 0.5 0.1 0.1', ('line 1', 'no class 2', 'person, car')),
        ('0.5 0.5 0.5 0.1 0.1', ('no class 0.5',)),
        ('0 0.5 0.5 0.1', ('4 numbers',)),
        ('0 0.5 0.5 0.1 0.1 0.9', ('with a score', 'prediction')),
        ('0 120 80 30 20', ('do not lie in 0 to 1', 'fractions')),
        ('0 0.5 0.5 nan 0.1', ('do not lie in 0 to 1',)),
        ('hello world', ('not numbers', 'no label')),
    ],
)
def test_bad_lines_of_yolo(yolo, to_coco, line, expected):
    (yolo / 'labels' / 'b.txt').write_text(line)
    message = refusal(to_coco, yolo / 'labels', yolo / 'o.json')
    for part in ('b.txt, line 1', *expected):
        assert part in message
    assert not (yolo / 'o.json').exists()


def test_corners_in_place_of_centres(yolo, to_coco, capsys):
    """They lie in 0 to 1 as well, and boxes reach out of the image."""
    (yolo / 'labels' / 'b.txt').write_text('0 0.1 0.1 0.9 0.9\n')
    to_coco(yolo / 'labels', yolo / 'out.json')
    printed = capsys.readouterr()
    assert '1 boxes lie outside' in printed.err
    assert 'b.png' in printed.err


def test_labels_in_any_case(yolo, to_coco, boxes_of):
    """Upper case was no label, and its boxes were lost."""
    (yolo / 'labels' / 'a.txt').rename(yolo / 'labels' / 'a.TXT')
    to_coco(yolo / 'labels', yolo / 'out.json')
    assert boxes_of(yolo / 'out.json') == EXPECTED


def test_label_whose_file_is_gone(yolo, to_coco):
    """A link into a store that was not fetched is no image without boxes."""
    (yolo / 'labels' / 'b.txt').symlink_to(yolo / 'store' / 'b.txt')
    message = refusal(to_coco, yolo / 'labels', yolo / 'o.json')
    assert 'b.txt: No such file' in message


def test_empty_lines_among_names(yolo, to_coco, boxes_of):
    """Lines number the classes."""
    (yolo / 'classes.txt').write_text('\ufeffperson\r\ncar\r\n\r\n')
    to_coco(yolo / 'labels', yolo / 'out.json')
    assert boxes_of(yolo / 'out.json') == EXPECTED
    (yolo / 'classes.txt').write_text('person\n\ncar\n')
    message = refusal(to_coco, yolo / 'labels', yolo / 'o.json')
    assert 'classes.txt, line 2 is empty' in message
    (yolo / 'classes.txt').write_text('\n')
    message = refusal(to_coco, yolo / 'labels', yolo / 'o.json')
    assert 'classes.txt names no class' in message


def test_what_is_missing_of_yolo(yolo, to_coco, image):
    args = yolo / 'labels', yolo / 'o.json'
    (yolo / 'labels' / 'z.txt').write_text('')
    message = refusal(to_coco, *args)
    assert 'z.txt' in message
    assert '1 of 3 labels' in message
    (yolo / 'labels' / 'z.txt').write_bytes(b'\xff\xd8\xff\xe0\x00')
    image('images/z.png')
    assert 'z.txt is no text' in refusal(to_coco, *args)
    (yolo / 'labels' / 'z.txt').unlink()
    (yolo / 'classes.txt').unlink()
    assert '--classes' in refusal(to_coco, *args)
    to_coco(*args, '--classes', 'x', 'y')
    assert 'there already' in refusal(to_coco, *args, '--classes', 'x', 'y')
    assert 'nowhere' in refusal(
        to_coco, yolo / 'nowhere', yolo / 'q.json', '--from', 'yolo'
    )


@pytest.mark.parametrize(
    ('train', 'labels'),
    [
        ('images/train', 'labels/train'),
        ('../train/images', 'train/labels'),  # as Roboflow writes it
        ('train.txt', 'labels/train'),
        ('images\\train', 'labels/train'),
        ('windows.txt', 'labels/train'),
    ],
)
def test_data_yaml(tmp_path, image, to_coco, boxes_of, train, labels):
    folder = labels.replace('labels', 'images')
    image(f'{folder}/a.png')
    image('images/val/b.png')
    (tmp_path / 'train.txt').write_text(f'./{folder}/a.png\n')
    windows = folder.replace('/', '\\')
    (tmp_path / 'windows.txt').write_text(f'{windows}\\a.png\r\n')
    (tmp_path / labels).mkdir(parents=True)
    (tmp_path / labels / 'a.txt').write_text('1 0.5 0.5 0.25 0.2')
    description = dict(
        path='/somewhere/else',
        train=train,
        val=['images/val'],
        names={0: 'person', 1: 'car'},
        nc=2,
    )
    path = tmp_path / 'data.yaml'
    path.write_text(yaml.safe_dump(description))
    to_coco(path, tmp_path / 'o.json')
    assert boxes_of(tmp_path / 'o_train.json') == {
        'a.png': [('car', 15, 12, 25, 18)]
    }
    assert boxes_of(tmp_path / 'o_val.json') == {'b.png': []}
    # names start from the folder of the file
    coco = json.loads((tmp_path / 'o_train.json').read_text())
    assert (tmp_path / coco['images'][0]['file_name']).is_file()


@pytest.mark.parametrize(
    ('content', 'expected'),
    [
        ('[1, 2', 'cannot be read'),
        ('a: 1', 'has no names'),
        ('names: [hand, off]', 'False, which is no name'),
        ('names: [hand, ]\nnc: "2"', '1 names and nc: 2'),
        ('names: []', 'no list of classes'),
        ('names: {1: a, 2: b}', 'are not 0 to 1'),
        ('names: [a, b]\nnc: 3', '2 names and nc: 3'),
        ('names: [a, b]', 'needs train, val or test'),
        ('names: [a, b]\ntrain: nowhere', 'nowhere as train'),
    ],
)
def test_bad_data_yaml(tmp_path, content, expected):
    path = tmp_path / 'data.yaml'
    path.write_text(content)
    with pytest.raises(ValueError, match='data.yaml') as error:
        yolo_parts(str(path))
    assert expected in str(error.value)


def test_boxes_of_masks(tmp_path, image, to_coco, boxes_of):
    mask = np.zeros((30, 40), np.uint8)
    mask[3:5, 10:14] = 255
    mask[5, 14] = 255  # touches by a corner
    mask[20:22, 1:3] = 200
    image('images/a.png')
    (tmp_path / 'masks').mkdir()
    cv2.imwrite(str(tmp_path / 'masks/a_m.png'), mask)
    out = tmp_path / 'o.json'
    to_coco(tmp_path / 'masks', out, '--mask-suffix', '_m')
    targets = [('target', 1, 20, 3, 22), ('target', 10, 3, 15, 6)]
    assert boxes_of(out) == {'a.png': targets}
    # a label map of two classes
    mask[mask > 0] = 2
    mask[20:22, 1:3] = 1
    cv2.imwrite(str(tmp_path / 'masks/a_m.png'), mask)
    args = tmp_path / 'masks', out, '--mask-suffix', '_m', '--force'
    to_coco(*args, '--classes', 'ship', 'plane')
    expected = [('plane', 10, 3, 15, 6), ('ship', 1, 20, 3, 22)]
    assert boxes_of(out) == {'a.png': expected}
    mask[0, 0] = 3
    cv2.imwrite(str(tmp_path / 'masks/a_m.png'), mask)
    message = refusal(to_coco, *args, '--classes', 'ship', 'plane')
    assert 'a_m.png has pixels of value 3' in message
    cv2.imwrite(str(tmp_path / 'masks/a_m.png'), np.zeros((40, 30), np.uint8))
    message = refusal(to_coco, *args)
    assert 'a_m.png has 30x40 pixels, its image a.png has 40x30' in message


def test_kind_of_labels_has_to_be_clear(tmp_path, image, to_coco):
    image('both/a.png')
    (tmp_path / 'both' / 'a.xml').write_text('<annotation/>')
    out = tmp_path / 'o.json'
    message = refusal(to_coco, tmp_path / 'both', out)
    assert 'voc and masks' in message
    assert '--from' in message
    to_coco(
        *(tmp_path / 'both', out, '--from', 'voc'),
        *('--image-dir', tmp_path / 'both'),
    )
    (tmp_path / 'empty').mkdir()
    assert 'no annotations' in refusal(to_coco, tmp_path / 'empty', out)


def test_there_and_back(yolo, to_coco, boxes_of):
    """COCO to YOLO and back: the same boxes, on the same split."""
    for part, names in (('train', 'a\nb'), ('val', 's/c')):
        (yolo / f'{part}.txt').write_text(names)
        to_coco(
            *(yolo / 'labels', yolo / f'set_{part}.json'),
            *('--split-file', yolo / f'{part}.txt'),
        )
    sets = yolo / 'set_train.json', yolo / 'set_val.json'
    to_coco(
        *sets, yolo / 'out', '--to', 'yolo', '--image-dir', yolo / 'images'
    )
    description = yaml.safe_load((yolo / 'out/data.yaml').read_text())
    assert description == dict(
        path=str(yolo / 'out'),
        train='images/train',
        val='images/val',
        names={0: 'person', 1: 'car'},
    )
    links = sorted((yolo / 'out/images').rglob('*.png'))
    assert [image_size(link) for link in links] == [(30, 40)] * 3
    assert not [p.name for p in yolo.iterdir() if p.name.startswith('.out')]
    to_coco(yolo / 'out/data.yaml', yolo / 'back.json')
    for part, path in zip(('train', 'val'), sets, strict=True):
        back = boxes_of(yolo / f'back_{part}.json')
        assert back == boxes_of(path)
        assert back == {k: v for k, v in EXPECTED.items() if k in back}
    assert 'is not empty' in refusal(
        to_coco,
        *sets,
        yolo / 'out',
        '--to',
        'yolo',
        '--image-dir',
        yolo / 'images',
    )


def test_parts_need_names_and_one_list_of_classes(yolo, to_coco):
    one, two = yolo / 'one.json', yolo / 'two.json'
    to_coco(yolo / 'labels', one)
    to_coco(yolo / 'labels', two, '--ignore-classes', 'car')
    images = '--image-dir', yolo / 'images'
    args = one, two, yolo / 'out', '--to', 'yolo', *images
    assert 'Which parts' in refusal(to_coco, *args)
    os.rename(two, yolo / 'two_val.json')
    args = one, yolo / 'two_val.json', yolo / 'out', '--to', 'yolo', *images
    assert 'other classes' in refusal(to_coco, *args)
    assert not (yolo / 'out').exists()
    to_coco(one, yolo / 'out', '--to', 'yolo', *images)
    assert (yolo / 'out/labels/train/s/c.txt').is_file()


def test_sizes_of_files_can_be_trusted(yolo, to_coco, boxes_of):
    one, out = yolo / 'one.json', yolo / 'out.json'
    to_coco(yolo / 'labels', one)
    coco = json.loads(one.read_text())
    for info in coco['images']:
        info.update(width=info['height'], height=info['width'])
    one.write_text(json.dumps(coco))
    args = one, out, '--image-dir', yolo / 'images'
    assert '--trust-files' in refusal(to_coco, *args)
    to_coco(*args, '--trust-files')
    assert boxes_of(out) == EXPECTED


def test_real_boxes_by_three_ways(real_data, tmp_path, to_coco, boxes_of):
    """HIT-UAV: XML, JSON and YOLO hold the same boxes."""
    hit_uav = real_data / 'hit_uav'
    options = (
        *('--split-file', hit_uav / 'ImageSets/Main/val.txt'),
        *('--classes', 'Person', 'Car', 'Bicycle', 'OtherVehicle'),
        *('--ignore-classes', 'DontCare', '--first-pixel', 0),
    )
    to_coco(hit_uav / 'Annotations', tmp_path / 'voc.json', *options)
    images = '--image-dir', hit_uav / 'JPEGImages'
    given = hit_uav / 'coco_val.json'
    to_coco(given, tmp_path / 'coco.json', *images)
    to_coco(given, tmp_path / 'set', '--to', 'yolo', *images)
    to_coco(tmp_path / 'set/data.yaml', tmp_path / 'yolo.json')
    expected = boxes_of(given)
    assert sum(map(len, expected.values())) == 1321
    for name in ('voc', 'coco', 'yolo_val'):
        assert boxes_of(tmp_path / f'{name}.json') == expected, name


def test_real_targets(real_data, tmp_path, to_coco, boxes_of):
    """Every image of SIRST has a target."""
    masks = real_data / 'sirst/masks'
    split = '--split-file', real_data / 'sirst/val.txt'
    to_coco(
        *(masks, tmp_path / 'masks.json', '--from', 'masks', *split),
        *('--mask-suffix', '_pixels0'),
    )
    found = boxes_of(tmp_path / 'masks.json')
    assert len(found) == 85
    assert all(found.values())
    assert Path(next(iter(found))).suffix == '.png'


@pytest.mark.parametrize('absolute', [False, True])
def test_data_yaml_beside_its_set(
    tmp_path, image, to_coco, boxes_of, absolute
):
    """As Ultralytics has it: the file here, the set there."""
    image('sets/one/images/train/s/a.png')
    label = tmp_path / 'sets/one/labels/train/s/a.txt'
    label.parent.mkdir(parents=True)
    label.write_bytes(b'1 0.5 0.5 0.25 0.2\r\n')
    path = tmp_path / 'yaml' / 'data.yaml'
    path.parent.mkdir()
    place = tmp_path / 'sets/one' if absolute else '../sets/one'
    path.write_text(
        f'path: {place}\ntrain: images/train\n'
        "names: {'0': person, '1': car}\n"
    )
    to_coco(path, tmp_path / 'o.json')
    boxes = boxes_of(tmp_path / 'o_train.json')
    assert boxes == {'a.png': [('car', 15, 12, 25, 18)]}
    coco = json.loads((tmp_path / 'o_train.json').read_text())
    name = coco['images'][0]['file_name']
    assert name == 'images/train/s/a.png'
    # a folder of images that does not hold them
    args = path, tmp_path / 'p.json', '--image-dir', tmp_path / 'yaml'
    assert f'--image-dir {tmp_path}/sets/one' in refusal(to_coco, *args)


def test_what_yolo_writes_is_read_again(yolo, to_coco, boxes_of):
    """Links to images, by folder and by list, keep their own names."""
    to_coco(yolo / 'labels', yolo / 'set.json')
    to_yolo(to_coco, yolo / 'set.json', yolo / 'set', yolo / 'images')
    to_coco(yolo / 'set' / 'data.yaml', yolo / 'again.json')
    assert boxes_of(yolo / 'again_train.json') == EXPECTED
    listed = yolo / 'set' / 'train.txt'
    listed.write_text('./images/train/a.png\n./images/train/s/c.png\n')
    description = (yolo / 'set' / 'data.yaml').read_text()
    (yolo / 'set' / 'data.yaml').write_text(
        description.replace('train: images/train', 'train: train.txt')
    )
    to_coco(yolo / 'set' / 'data.yaml', yolo / 'listed.json')
    assert boxes_of(yolo / 'listed_train.json') == {
        name: EXPECTED[name] for name in ('a.png', 'c.png')
    }


def test_regions_left_out_are_no_objects_of_yolo(yolo, to_coco, capsys):
    to_coco(yolo / 'labels', yolo / 'set.json')
    coco = json.loads((yolo / 'set.json').read_text())
    coco['annotations'][0]['iscrowd'] = 1
    (yolo / 'set.json').write_text(json.dumps(coco))
    to_yolo(to_coco, yolo / 'set.json', yolo / 'set', yolo / 'images')
    text = (yolo / 'set/labels/train/a.txt').read_text()
    assert len(text.splitlines()) == 1
    assert '1 regions' in capsys.readouterr().err


def test_classes_to_ignore_exist(yolo, to_coco):
    args = yolo / 'labels', yolo / 'o.json', '--ignore-classes', 'dog'
    assert 'no class dog' in refusal(to_coco, *args)


def test_labels_that_lie_nowhere(yolo, to_coco, capsys):
    (yolo / 'labels').rename(yolo / 'Labels')
    path = yolo / 'data.yaml'
    path.write_text('train: images\nnames: [person, car]\n')
    to_coco(path, yolo / 'o.json')
    assert 'no image has a file of labels' in capsys.readouterr().err
