"""Datasets and the metric."""

import json

import numpy as np
import pytest
import torch
from mmdet.registry import DATASETS, METRICS
from mmengine.logging import MMLogger

from infmae_mm.classes import M3FD_CLASSES, LabelError
from infmae_mm.detection import ClasswiseCocoMetric, M3FDDataset


def build(root, type_='M3FDDataset', **kwargs):
    cfg = dict(
        type=type_,
        data_root=str(root),
        ann_file='m3fd_train.json',
        data_prefix=dict(img='Ir'),
        pipeline=[],
    )
    return DATASETS.build({**cfg, **kwargs})


def test_m3fd(m3fd):
    coco = json.loads((m3fd / 'm3fd_train.json').read_text())
    dataset = build(m3fd)
    assert len(dataset) == len(coco['images']) == 4
    assert dataset.metainfo['classes'] == M3FD_CLASSES
    assert len(set(dataset.metainfo['palette'])) == len(M3FD_CLASSES)
    found = []
    for i in range(4):
        data = dataset.get_data_info(i)
        assert data['img_path'].endswith(coco['images'][i]['file_name'])
        assert (data['height'], data['width']) == (96, 128)
        for instance in data['instances']:
            x1, y1, x2, y2 = instance['bbox']
            name = M3FD_CLASSES[instance['bbox_label']]
            found.append((name, x1, y1, x2 - x1, y2 - y1))
    names = {c['id']: c['name'] for c in coco['categories']}
    assert found == [
        (names[a['category_id']], *a['bbox']) for a in coco['annotations']
    ]


def test_missing_annotations_name_the_converter(m3fd):
    with pytest.raises(FileNotFoundError, match='none.json.*m3fd2coco.py'):
        build(m3fd, ann_file='none.json')


def test_missing_images(m3fd):
    with pytest.raises(FileNotFoundError, match='4 of the 4 images.*Vis'):
        build(m3fd, data_prefix=dict(img='Vis'))


def test_paths_of_windows(m3fd, tmp_path):
    coco = json.loads((m3fd / 'm3fd_train.json').read_text())
    for image in coco['images']:
        image['file_name'] = 'Ir\\' + image['file_name']
    (tmp_path / 'windows.json').write_text(json.dumps(coco))
    dataset = build(
        m3fd, ann_file=str(tmp_path / 'windows.json'), data_prefix=dict(img='')
    )
    assert [d['img_path'] for d in dataset] == [
        d['img_path'] for d in build(m3fd)
    ]


def test_classes_are_those_of_the_file_in_its_order(m3fd):
    kind = 'InfraredCocoDataset'
    some = build(m3fd, kind, metainfo=dict(classes=('Car', 'Lamp')))
    labels = [i['bbox_label'] for d in some for i in d['instances']]
    assert set(labels) <= {0, 1}
    for classes in (('Lamp', 'Car'), ('Car', 'Boat'), ('car',)):
        with pytest.raises(ValueError, match="'People', 'Car'.*expects"):
            build(m3fd, kind, metainfo=dict(classes=classes))
    with pytest.raises(ValueError, match="'person', 'bicycle'"):
        build(m3fd, kind)  # COCO's 80


def changed(m3fd, tmp_path, change):
    """A copy of the annotations that was changed."""
    coco = json.loads((m3fd / 'm3fd_train.json').read_text())
    change(coco)
    path = tmp_path / 'changed.json'
    path.write_text(json.dumps(coco))
    return str(path)


def boxes(dataset):
    return [
        (d['height'], d['width'], i['bbox'], i['bbox_label'])
        for d in dataset
        for i in d['instances']
    ]


def test_classes_are_no_string(m3fd):
    with pytest.raises(LabelError, match=r"single class .*\('Car',\)"):
        build(m3fd, 'InfraredCocoDataset', metainfo=dict(classes=('Car')))


def test_sizes_and_areas_that_are_missing(m3fd, tmp_path):
    def change(coco):
        for image in coco['images'][1:]:
            image.update(width=-1, height=-1)
        for annotation in coco['annotations']:
            del annotation['area']
            annotation['image_id'] = str(annotation['image_id'])

    path = changed(m3fd, tmp_path, change)
    assert boxes(build(m3fd, ann_file=path)) == boxes(build(m3fd))


def test_log_tells_what_was_dropped(m3fd, tmp_path, caplog):
    def change(coco):
        coco['annotations'].append(dict(coco['annotations'][0], id=999))
        first = coco['images'][0]['id']
        for annotation in coco['annotations']:
            if annotation['image_id'] == first:
                annotation['bbox'][2] = 0

    path = changed(m3fd, tmp_path, change)
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    dataset = build(m3fd, ann_file=path, filter_cfg=dict(filter_empty_gt=True))
    logger.removeHandler(caplog.handler)
    assert len(dataset) == 3
    assert 'boxes dropped: without area: ' in caplog.text
    assert '1 of 4 images left out by filter_cfg' in caplog.text


def test_set_that_is_left_empty(m3fd, tmp_path, caplog):
    def no_area(coco):
        for annotation in coco['annotations']:
            annotation['bbox'][3] = 0

    path = changed(m3fd, tmp_path, no_area)
    with pytest.raises(LabelError, match='no box is left.*without area'):
        build(m3fd, ann_file=path)
    path = changed(m3fd, tmp_path, lambda coco: coco.pop('annotations'))
    with pytest.raises(LabelError, match='has no annotations'):
        build(m3fd, ann_file=path)
    # images to predict on
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    assert len(build(m3fd, ann_file=path, test_mode=True)) == 4
    logger.removeHandler(caplog.handler)
    assert 'nothing to measure with' in caplog.text
    with pytest.raises(LabelError, match='none of 4 images'):
        build(m3fd, filter_cfg=dict(min_size=500))


def test_crowds_and_absent_classes_are_told(m3fd, tmp_path, caplog):
    def mark(annotations, **values):
        for annotation in annotations:
            annotation.update(values)

    path = changed(
        m3fd, tmp_path, lambda coco: mark(coco['annotations'], iscrowd='1')
    )
    with pytest.raises(LabelError, match='no box is left.*crowds'):
        build(m3fd, ann_file=path)
    path = changed(
        m3fd, tmp_path, lambda coco: mark(coco['annotations'], category_id=1)
    )
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    build(m3fd, ann_file=path)
    logger.removeHandler(caplog.handler)
    absent = ', '.join(M3FD_CLASSES[1:])
    assert f'classes without a box: {absent}' in caplog.text


def test_masks_to_learn_from(m3fd):
    masks = [dict(type='LoadAnnotations', with_bbox=True, with_mask=True)]
    with pytest.raises(LabelError, match='has no segmentation'):
        build(m3fd, pipeline=masks)


def test_sizes_of_other_files(m3fd, tmp_path):
    def change(coco):
        for image in coco['images']:
            image['width'], image['height'] = image['height'], image['width']

    path = changed(m3fd, tmp_path, change)
    with pytest.raises(LabelError, match='128x96 pixels, but 96x128'):
        build(m3fd, ann_file=path)


def test_arguments_of_the_base(m3fd):
    lazy = build(m3fd, lazy_init=True, ann_file='none.json')
    assert lazy.metainfo['classes'] == M3FD_CLASSES
    assert len(build(m3fd, indices=2, serialize_data=False)) == 2


def test_real_set(real_data):
    dataset = DATASETS.build(
        dict(
            type='InfraredCocoDataset',
            data_root=str(real_data / 'hit_uav'),
            ann_file='coco_val.json',
            data_prefix=dict(img='JPEGImages'),
            metainfo=dict(
                classes=('Person', 'Car', 'Bicycle', 'OtherVehicle')
            ),
            pipeline=[],
        )
    )
    assert len(dataset) == 150
    assert len(boxes(dataset)) == 1321


@pytest.mark.parametrize('text', ['{', '[]', '{"images": []}'])
def test_broken_file(m3fd, tmp_path, text):
    path = tmp_path / 'broken.json'
    path.write_text(text)
    with pytest.raises(ValueError, match='broken.json is not a COCO file'):
        build(m3fd, ann_file=str(path))


TRUTH = {
    0: [('Car', 10, 10, 30, 30), ('Car', 60, 60, 90, 80)],
    1: [('People', 5, 5, 15, 40), ('Bus', 20, 20, 60, 60)],
}
# score last; one car is missed, one is a false alarm, the bus is too small
DETECTIONS = {
    0: [('Car', 10, 10, 30, 30, 0.9), ('Car', 100, 10, 120, 30, 0.8)],
    1: [('People', 5, 5, 15, 40, 0.7), ('Bus', 20, 20, 60, 35, 0.6)],
}
# one of two cars before any false alarm: precision 1 up to recall 0.5, at 51
# of COCO's 101 recalls
AP50 = dict(People=1.0, Car=0.505, Bus=0.0, Motorcycle=-1.0)


def sample(image, detections):
    def boxes(items):
        return torch.tensor([d[1:5] for d in items]).float().reshape(-1, 4)

    def labels(items):
        return torch.tensor([M3FD_CLASSES.index(d[0]) for d in items]).long()

    truth = zip(boxes(TRUTH[image]), labels(TRUTH[image]), strict=True)
    return dict(
        img_id=image,
        ori_shape=(100, 130),
        pred_instances=dict(
            bboxes=boxes(detections),
            labels=labels(detections),
            scores=torch.tensor([d[5] for d in detections]),
        ),
        instances=[
            dict(bbox=b.tolist(), bbox_label=int(label), ignore_flag=0)
            for b, label in truth
        ],
    )


def measure(detections, **kwargs):
    metric = METRICS.build(dict(type='ClasswiseCocoMetric', **kwargs))
    assert isinstance(metric, ClasswiseCocoMetric)
    metric.dataset_meta = M3FDDataset.METAINFO
    metric.process({}, [sample(i, detections[i]) for i in TRUTH])
    return metric.evaluate(len(TRUTH))


def test_ap50_of_each_class():
    metrics = measure(DETECTIONS, classwise=True)
    for name, value in AP50.items():
        assert metrics[f'coco/AP50_{name}'] == value
    present = [value for value in AP50.values() if value >= 0]
    assert metrics['coco/bbox_mAP_50'] == pytest.approx(
        np.mean(present), abs=1e-3
    )
    # the boxes that are found are exact
    assert metrics['coco/Car_precision'] == AP50['Car']


def test_ground_truth_of_a_file_gives_the_same(tmp_path):
    """`--data-root` reaches datasets only, so the metric needs no file."""
    coco = dict(
        images=[
            dict(id=i, file_name=f'{i}.png', height=100, width=130)
            for i in TRUTH
        ],
        categories=[
            dict(id=i, name=name) for i, name in enumerate(M3FD_CLASSES, 1)
        ],
        annotations=[],
    )
    for image, boxes in TRUTH.items():
        for name, x1, y1, x2, y2 in boxes:
            coco['annotations'].append(
                dict(
                    id=len(coco['annotations']) + 1,
                    image_id=image,
                    category_id=M3FD_CLASSES.index(name) + 1,
                    bbox=[x1, y1, x2 - x1, y2 - y1],
                    area=(x2 - x1) * (y2 - y1),
                    iscrowd=0,
                )
            )
    path = tmp_path / 'truth.json'
    path.write_text(json.dumps(coco))
    assert measure(DETECTIONS, ann_file=str(path)) == measure(DETECTIONS)
    for annotation in coco['annotations']:
        annotation['id'] -= 1
        annotation['image_id'] = str(annotation['image_id'])
        del annotation['area']
    path.write_text(json.dumps(coco))
    assert measure(DETECTIONS, ann_file=str(path)) == measure(DETECTIONS)
    coco['categories'].reverse()
    path.write_text(json.dumps(coco))
    with pytest.raises(LabelError, match='truth.json .ann_file .* this order'):
        measure(DETECTIONS, ann_file=str(path))
    coco['annotations'][0]['bbox'][2] = -1
    path.write_text(json.dumps(coco))
    with pytest.raises(LabelError, match='truth.json: annotation 0'):
        measure(DETECTIONS, ann_file=str(path))


def test_no_detection_at_all():
    assert measure({0: [], 1: []}) == {}
