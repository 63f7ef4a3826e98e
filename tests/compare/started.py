"""A linear model with a backbone that starts from a file, on grey images."""

import cv2
import numpy as np
import torch
from mmengine.dataset import BaseDataset
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, METRICS, MODELS, VISUALIZERS
from mmengine.structures import BaseDataElement
from mmengine.visualization import Visualizer

from infmae_mm.checkpoint import StrictInit

CONFIG = """
custom_imports = dict(imports=['infmae_mm.engine', 'started'])
model = dict(
    type='StartedModel',
    backbone=dict(type='LinearBackbone', init_cfg=None),
)
train_dataloader = dict(
    batch_size=2,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(type='GreyImages', data_root='nowhere'),
)
val_dataloader = dict(
    batch_size=2,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(type='GreyImages', data_root='nowhere'),
)
val_evaluator = dict(type='MeanError')
test_dataloader = val_dataloader
test_evaluator = val_evaluator
optim_wrapper = dict(optimizer=dict(type='AdamW', lr=0.01))
param_scheduler = dict(type='ConstantLR', factor=1.0)
train_cfg = dict(by_epoch=True, max_epochs=2, val_interval=1)
val_cfg = dict()
test_cfg = dict()
default_hooks = dict(
    logger=dict(type='LoggerHook', interval=1),
    checkpoint=dict(type='AtomicCheckpointHook'),
)
custom_hooks = [dict(type='FiniteLossHook')]
visualizer = dict(
    type='PlainVisualizer', vis_backends=[dict(type='LocalVisBackend')]
)
log_level = 'WARNING'
"""


def write_set(folder):
    """Six grey images of 8x8."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(6):
        image = rng.integers(0, 255, (8, 8), np.uint8)
        cv2.imwrite(str(folder / f'{i}.png'), image)


@DATASETS.register_module()
class GreyImages(BaseDataset):
    def __init__(self, data_root):
        super().__init__(data_root=data_root)

    def load_data_list(self):
        import os

        names = sorted(os.listdir(self.data_root))
        return [dict(img_path=f'{self.data_root}/{name}') for name in names]

    def __getitem__(self, index):
        path = self.get_data_info(index)['img_path']
        image = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
        sample = BaseDataElement(metainfo=dict(img_path=path))
        inputs = torch.from_numpy(image).float().flatten() / 255
        return dict(inputs=inputs, data_samples=sample)


@MODELS.register_module()
class LinearBackbone(StrictInit):
    def __init__(self, init_cfg=None, width=4):
        super().__init__(init_cfg)
        self.linear = torch.nn.Linear(64, width)

    def forward(self, x):
        return self.linear(x)


@MODELS.register_module()
class StartedModel(BaseModel):
    def __init__(self, backbone):
        super().__init__()
        self.backbone = MODELS.build(backbone)
        self.head = torch.nn.Linear(self.backbone.linear.out_features, 1)

    def forward(self, inputs, data_samples=None, mode='tensor'):
        error = self.head(self.backbone(inputs)) - inputs.mean(1, True)
        error = error.square()
        if mode == 'loss':
            return dict(loss=error.mean())
        for sample, value in zip(data_samples, error, strict=True):
            sample.error = float(value)
        return data_samples


@METRICS.register_module()
class MeanError(BaseMetric):
    default_prefix = 'toy'

    def process(self, data_batch, data_samples):
        self.results.extend(sample['error'] for sample in data_samples)

    def compute_metrics(self, results):
        return dict(loss=sum(results) / len(results))


@VISUALIZERS.register_module()
class PlainVisualizer(Visualizer):
    """With ``fails``, whatever is drawn fails: that is in the test alone."""

    def __init__(self, name='plain', fails=False, **kwargs):
        super().__init__(name=name, **kwargs)
        self.fails = fails

    def add_datasample(
        self, name, image, data_sample=None, out_file=None, **kwargs
    ):
        if self.fails:
            raise RuntimeError('this row fails in its test')
        cv2.imwrite(out_file, image)
