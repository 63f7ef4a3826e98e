"""One training step of a config, in a process of its own.

Usage: ``python tests/train_step.py CONFIG``. It imports nothing of this
project: the config alone has to bring the backbone. It prints the gradients'
state as JSON.
"""

import json
import sys

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope
from mmengine.structures import InstanceData, PixelData

# neither square, nor of one size, nor multiples of 32
SIZES = [(70, 110), (90, 100)]


def segmentation_sample(height, width):
    from mmseg.structures import SegDataSample

    sample = SegDataSample(metainfo=dict(img_shape=(height, width)))
    labels = torch.randint(0, 3, (1, height, width))
    sample.gt_sem_seg = PixelData(data=labels)
    return sample


def detection_sample(height, width):
    from mmdet.structures import DetDataSample
    from mmdet.structures.mask import BitmapMasks

    boxes = torch.tensor([[4.0, 6.0, 40.0, 50.0], [30.0, 20.0, 90.0, 60.0]])
    masks = torch.zeros(2, height, width, dtype=torch.uint8)
    for mask, (x1, y1, x2, y2) in zip(masks, boxes.int(), strict=True):
        mask[y1:y2, x1:x2] = 1
    sample = DetDataSample(metainfo=dict(img_shape=(height, width)))
    sample.gt_instances = InstanceData(
        bboxes=boxes,
        labels=torch.tensor([0, 2]),
        masks=BitmapMasks(masks.numpy(), height, width),
    )
    return sample


def classification_sample(height, width):
    from mmpretrain.structures import DataSample

    return DataSample(metainfo=dict(img_shape=(height, width))).set_gt_label(1)


SAMPLES = dict(
    mmseg=segmentation_sample,
    mmdet=detection_sample,
    mmpretrain=classification_sample,
)


def main(path):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = Config.fromfile(path)
    init_default_scope(config.default_scope)
    model = MODELS.build(config.model).train()
    model.init_weights()
    batch = dict(
        inputs=[
            torch.randint(0, 256, (3, *size), dtype=torch.uint8)
            for size in SIZES
        ],
        data_samples=[SAMPLES[config.default_scope](*s) for s in SIZES],
    )
    batch = model.data_preprocessor(batch, training=True)
    loss, _ = model.parse_losses(model(**batch, mode='loss'))
    loss.backward()
    gradients = {name: p.grad for name, p in model.named_parameters()}
    print(
        json.dumps(
            dict(
                backbone=type(model.backbone).__module__,
                loss=loss.item(),
                parameters=len(gradients),
                without=[n for n, g in gradients.items() if g is None],
                not_finite=[
                    name
                    for name, g in gradients.items()
                    if g is not None and not g.isfinite().all()
                ],
                zero=[
                    name
                    for name, g in gradients.items()
                    if name.startswith('backbone.')
                    and g is not None
                    and g.ndim > 1
                    and not g.any()
                ],
            )
        )
    )


if __name__ == '__main__':
    main(sys.argv[1])
