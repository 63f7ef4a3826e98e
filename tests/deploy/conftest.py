import runpy
import sys
from pathlib import Path

import cv2
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope, init_default_scope

import infmae_mm.thermal  # noqa: F401  (registers the loader)

# Tests import `toy_inputs`.
sys.path.insert(0, str(Path(__file__).parent))

from toy_inputs import ROOT, scene  # noqa: E402

SEGMENTATION = """
_base_ = '{root}/configs/segmentation/infmae-tiny_upernet_demo.py'
model = dict(
    backbone=dict(arch='tiny', init_cfg=None),
    decode_head=dict(in_channels=[32, 48, 64, 64], channels=8),
    auxiliary_head=None,
    test_cfg=dict(_delete_=True, mode='slide', crop_size=(64, 80),
                  stride=(40, 50)),
)
"""

FCN = """
_base_ = '{root}/configs/segmentation/' \\
    'infmae-base_fcn_1xb2-240k_msrs-512x512.py'
model = dict(
    backbone=dict(arch='tiny', window_size=3, init_cfg=None, in_channels=1),
    data_preprocessor=dict(mean=[108.375], std=[51.0]),
    decode_head=dict(in_channels=[32, 48, 64, 64], channels=8),
    auxiliary_head=None,
    test_cfg=dict(_delete_=True, mode='whole'),
)
_base_.test_pipeline[0].update(channels=1, to_float32=True)
_base_.test_pipeline.insert(1, dict(type='Resize', scale=(90, 70)))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
"""

SMALL_TARGET = """
_base_ = '{root}/configs/small_target/infmae-tiny_1xb8-1200_sirst-128x128.py'
model = dict(backbone=dict(init_cfg=None))
"""

MASK = """
_base_ = '{root}/configs/detection/' \\
    'mask-rcnn_infmae-tiny_fpn_1xb8-600_hit-uav-320x256.py'
model = dict(backbone=dict(init_cfg=None))
_base_.test_pipeline[1].update(scale=(120, 100))
test_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
"""

CASCADE = """
_base_ = '{root}/configs/detection/' \\
    'cascade-rcnn_infmae-base_fpn_1xb2-260k_m3fd-1024x1024.py'
head = dict(in_channels=32, fc_out_channels=32)
_base_.model.roi_head.mask_head = None
_base_.model.roi_head.mask_roi_extractor = None
for stage in _base_.model.roi_head.bbox_head:
    stage.update(head)
model = dict(
    data_preprocessor=dict(pad_size_divisor=64),
    backbone=dict(
        arch='tiny', window_size=3, global_indices=(1,), init_cfg=None
    ),
    neck=dict(in_channels=[32, 48, 64, 64], out_channels=32),
    rpn_head=dict(in_channels=32, feat_channels=32),
    roi_head=dict(
        bbox_roi_extractor=dict(out_channels=32),
        bbox_head=_base_.model.roi_head.bbox_head,
    ),
)
"""

CLASSIFICATION = """
_base_ = '{root}/configs/classification/' \\
    'infmae-tiny_1xb32-6e_solar-modules-160x96.py'
model = dict(backbone=dict(init_cfg=None))
"""

CONFIGS = dict(
    classification=CLASSIFICATION,
    segmentation=SEGMENTATION,
    fcn=FCN,
    small_target=SMALL_TARGET,
    detection=MASK,
    cascade=CASCADE,
)


@pytest.fixture(autouse=True)
def default_scope():
    """Each config brings its own."""
    with DefaultScope.overwrite_default_scope('mmengine'):
        yield


@pytest.fixture(scope='session')
def trained(tmp_path_factory):
    """Config and checkpoint of a tiny network, by name, of random weights."""
    folder = tmp_path_factory.mktemp('trained')

    def make(name):
        config, checkpoint = folder / f'{name}.py', folder / f'{name}.pth'
        if not checkpoint.exists():
            config.write_text(CONFIGS[name].format(root=ROOT))
            cfg = Config.fromfile(config)
            init_default_scope(cfg.default_scope)
            torch.manual_seed(0)
            model = MODELS.build(cfg.model)
            for parameter in model.parameters():
                # far from a tie of all classes
                if parameter.ndim == 1:
                    torch.nn.init.normal_(parameter, 0.5, 0.5)
            content = dict(state_dict=model.state_dict())
            if name == 'classification':
                # its names are those of folders, kept by the training
                names = [f'class {i}' for i in range(12)]
                content['meta'] = dict(dataset_meta=dict(classes=names))
            torch.save(content, checkpoint)
        return str(config), str(checkpoint)

    return make


@pytest.fixture(scope='session')
def exported(trained, tmp_path_factory):
    """The file of a tiny network, by name."""
    export = runpy.run_path(str(ROOT / 'tools' / 'export.py'))['main']
    folder = tmp_path_factory.mktemp('exported')

    def make(name):
        path = folder / f'{name}.onnx'
        if not path.exists():
            export([*trained(name), str(path)])
        return path

    return make


@pytest.fixture
def images(tmp_path):
    """A folder of six files, two of one name, one broken, one foreign."""
    root = tmp_path / 'images'
    for i, (name, bits) in enumerate(
        {'a.png': 8, 'b.TIFF': 16, 'x/a.png': 16, 'x/a.jpg': 8}.items()
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), scene(i, bits=bits))
    (root / 'c.png').write_bytes((root / 'a.png').read_bytes()[:300])
    (root / 'notes.md').write_text('not an image')
    return root
