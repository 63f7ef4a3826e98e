"""Boxes as people have them, to COCO and to YOLO."""

import json
from pathlib import Path

import cv2
import numpy as np
from toy_labels import EXPECTED, refusal


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


def test_no_image_is_its_own_mask(tmp_path, image, to_coco):
    """As a folder of images looks, with labelme's JSON in it or without."""
    image('images/a.png')
    message = refusal(to_coco, tmp_path / 'images', tmp_path / 'o.json')
    assert 'a.png is an image and its own mask' in message


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
