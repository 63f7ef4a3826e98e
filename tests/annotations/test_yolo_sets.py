"""Sets of YOLO with their parts, to COCO and back."""

import json
import os

import pytest
import yaml
from toy_labels import EXPECTED, refusal, to_yolo

from infmae_mm.annotations.yolo_set import yolo_parts
from infmae_mm.thermal.headers import image_size


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
        ('names:\n- 0: hand\n- 1: foot', "{0: 'hand'}, which is no name"),
        ('names: [hand, ]\nnc: "2"', '1 names and nc: 2'),
        ('names: []', 'no list of classes'),
        ('names: {1: a, 2: b}', 'are not 0 to 1'),
        ('names: [a, b]\nnc: 3', '2 names and nc: 3'),
        ('names: [a, b]', 'needs train, val or test'),
        ('names: [a, b]\ntrain: nowhere', 'nowhere as train'),
        ('names: [face]\nkpt_shape: [4, 3]', 'key points'),
    ],
)
def test_bad_data_yaml(tmp_path, content, expected):
    path = tmp_path / 'data.yaml'
    path.write_text(content)
    with pytest.raises(ValueError, match='data.yaml') as error:
        yolo_parts(str(path))
    assert expected in str(error.value)


def test_labels_of_images_that_are_not_read(tmp_path, image, to_coco):
    """WebP, for example, which other programs train on."""
    image('train/images/a.png')
    image('train/images/b.png').rename(tmp_path / 'train/images/b.webp')
    labels = tmp_path / 'train' / 'labels'
    labels.mkdir()
    for name in ('a', 'classes'):
        (labels / f'{name}.txt').write_text('0 0.5 0.5 0.25 0.2')
    path = tmp_path / 'data.yaml'
    path.write_text('train: ../train/images\nnames: [hand]')
    assert yolo_parts(str(path))['train'].names() == ['train/images/a']
    (labels / 'b.txt').write_text('0 0.5 0.5 0.25 0.2')
    message = refusal(to_coco, path, tmp_path / 'o.json')
    assert 'b.txt: its image is missing' in message
    assert '1 of 2 labels' in message


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
