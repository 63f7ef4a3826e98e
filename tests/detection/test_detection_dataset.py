"""Datasets and the metric."""

import json

import numpy as np
import pytest
import torch
from mmdet.registry import DATASETS, METRICS

from infmae_mm.classes import M3FD_CLASSES
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
        images=[dict(id=i, height=100, width=130) for i in TRUTH],
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


def test_no_detection_at_all():
    assert measure({0: [], 1: []}) == {}
