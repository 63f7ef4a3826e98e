"""The IoU of each class, by hand and beside mmseg's mean."""

import math

import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from infmae_mm.segmentation import ClasswiseIoUMetric

CLASSES = ('ground', 'car', 'person', 'bike')


def sample(labels, found):
    data = SegDataSample()
    data.gt_sem_seg = PixelData(data=torch.tensor(labels)[None])
    data.pred_sem_seg = PixelData(data=torch.tensor(found)[None])
    return data


@pytest.fixture
def metrics():
    evaluator = Evaluator(
        dict(type='mmseg.ClasswiseIoUMetric', iou_metrics=['mIoU'])
    )
    assert isinstance(evaluator.metrics[0], ClasswiseIoUMetric)
    evaluator.dataset_meta = dict(classes=CLASSES)
    evaluator.process([sample([[0, 0, 1, 1]], [[0, 1, 1, 1]])])
    # 255 is ignored
    evaluator.process([sample([[2, 2, 0, 255]], [[2, 0, 0, 2]])])
    return evaluator.evaluate(2)


def test_each_class_over_all_images(metrics):
    assert metrics['IoU_ground'] == 50.0
    assert metrics['IoU_car'] == 66.67
    assert metrics['IoU_person'] == 50.0


def test_absent_class_is_nan_and_not_in_the_mean(metrics):
    assert math.isnan(metrics['IoU_bike'])
    there = [metrics[f'IoU_{name}'] for name in CLASSES[:3]]
    assert metrics['mIoU'] == pytest.approx(sum(there) / 3, abs=0.01)
