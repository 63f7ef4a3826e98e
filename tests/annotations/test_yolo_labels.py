"""Labels of YOLO, to COCO."""

import json

import numpy as np
import pytest
from toy_labels import EXPECTED, refusal


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


@pytest.mark.parametrize('form', ['{}: {}', '{} {}', '{}:{}'])
def test_names_with_their_numbers(yolo, to_coco, boxes_of, form):
    """Taken as names, they would be classes such as '0: person'."""
    names = yolo / 'classes.txt'

    def write(*numbers):
        lines = map(form.format, numbers, ('person', 'car'))
        names.write_text('\n'.join(lines))

    write(0, 1)
    to_coco(yolo / 'labels', yolo / 'out.json')
    assert boxes_of(yolo / 'out.json') == EXPECTED
    for numbers in ((1, 2), (1, 0), (0, 0)):
        write(*numbers)
        message = refusal(to_coco, yolo / 'labels', yolo / 'o.json')
        assert 'these must be 0, 1, 2' in message


def test_names_that_begin_with_numbers(yolo, to_coco):
    (yolo / 'classes.txt').write_text('person\n4 wheeler\n')
    to_coco(yolo / 'labels', yolo / 'out.json')
    coco = json.loads((yolo / 'out.json').read_text())
    names = [category['name'] for category in coco['categories']]
    assert names == ['person', '4 wheeler']
    (yolo / 'classes.txt').write_text('0: person\ncar\n')
    message = refusal(to_coco, yolo / 'labels', yolo / 'o.json')
    assert "classes.txt, line 2 is 'car'" in message


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


def test_classes_to_ignore_exist(yolo, to_coco):
    args = yolo / 'labels', yolo / 'o.json', '--ignore-classes', 'dog'
    assert 'no class dog' in refusal(to_coco, *args)


def test_labels_that_lie_nowhere(yolo, to_coco, capsys):
    (yolo / 'labels').rename(yolo / 'Labels')
    path = yolo / 'data.yaml'
    path.write_text('train: images\nnames: [person, car]\n')
    to_coco(path, yolo / 'o.json')
    assert 'no image has a file of labels' in capsys.readouterr().err
