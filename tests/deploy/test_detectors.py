"""Two-stage detectors as graphs: equal to mmdet's own prediction."""

import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample

from infmae_mm.deploy.detectors import TwoStageBoxes
from infmae_mm.deploy.export import example, match_boxes
from infmae_mm.deploy.inputs import InputError
from infmae_mm.deploy.network import load_network
from infmae_mm.sizes import pad_to_multiple


@pytest.mark.parametrize('name', ['detection', 'cascade'])
@pytest.mark.parametrize('size', [(128, 160), (97, 130), (33, 64)])
def test_boxes_are_those_of_mmdet(name, size, trained):
    model = load_network(*trained(name)).model
    image = example(3, size)
    padded = pad_to_multiple(image, model.data_preprocessor.pad_size_divisor)
    shape = tuple(padded.shape[-2:])
    sample = DetDataSample(
        metainfo=dict(
            img_shape=size,
            ori_shape=size,
            scale_factor=(1.0, 1.0),
            batch_input_shape=shape,
            pad_shape=shape,
        )
    )
    with torch.no_grad():
        (expected,) = model.predict(padded, [sample])
        boxes, scores, labels = TwoStageBoxes(model)(image)
    expected = expected.pred_instances
    assert len(boxes) == len(expected) > 0
    torch.testing.assert_close(scores, expected.scores)
    # boxes of nearly one score may change places
    (boxes, scores), (boxes2, scores2) = match_boxes(
        [x.numpy() for x in (expected.bboxes, expected.scores)]
        + [expected.labels.numpy()],
        [x.numpy() for x in (boxes, scores, labels)],
    )
    np.testing.assert_allclose(boxes, boxes2, atol=1e-3)
    np.testing.assert_allclose(scores, scores2, atol=1e-5)


def test_other_parts_are_refused(trained):
    model = load_network(*trained('detection')).model
    model.test_cfg.rcnn.nms.type = 'soft_nms'
    with pytest.raises(InputError, match='soft_nms'):
        TwoStageBoxes(model)
    # a head of another family, which lacks what a BBoxHead has: SABLHead
    head = torch.nn.Module()
    head.bbox_coder = model.roi_head.bbox_head.bbox_coder
    model.roi_head.bbox_head = head
    with pytest.raises(InputError, match='bbox_head Module'):
        TwoStageBoxes(model)


def test_options_that_are_not_written_are_refused(trained):
    """Each of them changes boxes, which the check of an export cannot see."""
    model = load_network(*trained('detection')).model
    TwoStageBoxes(model)
    model.test_cfg.rcnn.nms.class_agnostic = True
    with pytest.raises(InputError, match='class_agnostic'):
        TwoStageBoxes(model)
    model.test_cfg.rcnn.nms.class_agnostic = False
    model.roi_head.bbox_head.bbox_coder.clip_border = False
    with pytest.raises(InputError, match='clip_border'):
        TwoStageBoxes(model)
    model.roi_head.bbox_head.bbox_coder.clip_border = True
    model.roi_head.bbox_roi_extractor.roi_layers[0].pool_mode = 'max'
    with pytest.raises(InputError, match='pool_mode'):
        TwoStageBoxes(model)
