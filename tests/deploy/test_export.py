"""Exported files: equal to torch, or an error."""

import json
import runpy
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from mmengine.registry import TRANSFORMS
from mmpretrain.models.heads import MultiLabelLinearClsHead
from toy_inputs import ROOT
from toy_runtime import run_runtime

from infmae_mm.deploy import export as export_module
from infmae_mm.deploy.bundle import RUNTIME
from infmae_mm.deploy.export import (
    ExportError,
    example,
    largest_difference,
    match_boxes,
    preprocessing_of,
    write_graph,
)
from infmae_mm.deploy.graphs import AdaptiveAveragePool, build_graph
from infmae_mm.deploy.inputs import InputError
from infmae_mm.deploy.network import load_network
from infmae_mm.deploy.onnx_predictor import OnnxPredictor
from infmae_mm.deploy.preprocessing import STEPS, Preprocessing
from infmae_mm.deploy.quantisation import _images as calibration_images

export = runpy.run_path(str(ROOT / 'tools' / 'export.py'))['main']


def test_the_file_says_what_it_needs(exported):
    model = onnx.load(exported('detection'))
    about = {p.key: json.loads(p.value) for p in model.metadata_props}
    assert about['infmae.task'] == 'detection'
    assert about['infmae.classes'][0] == 'Person'
    assert about['infmae.palette'][1] == [90, 200, 255]
    assert about['infmae.threshold'] == 0.3
    preprocessing = about['infmae.preprocessing']
    assert preprocessing['mean'] == [108.375] * 3
    assert preprocessing['std'] == [51.0] * 3
    assert preprocessing['mapping']['rule'] == 'percentile'
    assert preprocessing['steps'] == [
        dict(type='Resize', scale=[120, 100], keep_ratio=True)
    ]


def test_batches_and_sizes_are_dynamic(exported):
    session = onnxruntime.InferenceSession(str(exported('fcn')))
    for shape in ((1, 1, 33, 70), (3, 1, 100, 47)):
        (logits,) = session.run(None, {'image': np.zeros(shape, np.float32)})
        assert logits.shape == (shape[0], 9, *shape[2:])


def test_cascade(trained, tmp_path, capsys):
    export([*trained('cascade'), str(tmp_path / 'c.onnx')])
    assert 'Largest difference' in capsys.readouterr().out
    assert OnnxPredictor(str(tmp_path / 'c.onnx')).task == 'detection'


@pytest.mark.parametrize('size', [1, 2, 3, 6, (2, 5)])
def test_pooling_by_products(size):
    x = torch.randn(2, 3, 13, 7)
    expected = torch.nn.AdaptiveAvgPool2d(size)(x)
    torch.testing.assert_close(AdaptiveAveragePool(size)(x), expected)


def test_the_backbone_alone(trained, tmp_path):
    path = tmp_path / 'b.onnx'
    export([*trained('fcn'), str(path), '--backbone'])
    session = onnxruntime.InferenceSession(str(path))
    names = [output.name for output in session.get_outputs()]
    assert names == ['stride4', 'stride8', 'stride16', 'stride32']
    image = np.zeros((2, 1, 50, 70), np.float32)
    maps = session.run(None, {'image': image})
    assert [m.shape[2:] for m in maps] == [(13, 18), (7, 9), (4, 5), (2, 3)]
    with pytest.raises(InputError, match='predicts nothing by itself'):
        OnnxPredictor(str(path))


@pytest.mark.parametrize('option', ['fp16', 'int8'])
def test_lower_precision(option, trained, images, tmp_path):
    path = tmp_path / 'low.onnx'
    options = ['--fp16'] if option == 'fp16' else ['--int8', str(images)]
    export([*trained('segmentation'), str(path), *options])
    kinds = {t.data_type for t in onnx.load(path).graph.initializer}
    expected = dict(fp16=onnx.TensorProto.FLOAT16, int8=onnx.TensorProto.INT8)
    assert expected[option] in kinds
    status = run_runtime(path, images, '--out', tmp_path / 'out').returncode
    assert status == 1  # c.png


def test_a_wrong_file_is_not_left(trained, tmp_path, monkeypatch):
    monkeypatch.setitem(export_module.TOLERANCES, 'float32', 0.0)
    path = tmp_path / 'w.onnx'
    with pytest.raises(SystemExit, match='was not written'):
        export([*trained('segmentation'), str(path)])
    assert [p.name for p in tmp_path.iterdir()] == [RUNTIME]


def test_nothing_is_overwritten(trained, tmp_path):
    path = tmp_path / 'o.onnx'
    path.write_text('mine')
    with pytest.raises(SystemExit, match='exists'):
        export([*trained('segmentation'), str(path)])
    assert path.read_text() == 'mine'
    (tmp_path / RUNTIME).write_text('mine too')
    with pytest.raises(SystemExit, match='was changed'):
        export([*trained('segmentation'), str(tmp_path / 'p.onnx')])


def test_images_of_calibration_are_looked_for_first(tmp_path):
    arguments = ['no.py', 'no.pth', str(tmp_path / 'o.onnx'), '--int8', 'typo']
    with pytest.raises(SystemExit, match='typo is no folder'):
        export(arguments)
    assert not list(tmp_path.iterdir())


def test_images_of_calibration_that_cannot_be_are_passed_over(
    exported, images, capsys
):
    """One pixel high, where a resize leaves none."""
    source = exported('detection')
    properties = {p.key: p.value for p in onnx.load(source).metadata_props}
    entries = json.loads(properties['infmae.preprocessing'])
    preprocessing = Preprocessing(**entries)
    line = np.zeros((1, 5000), np.uint8)
    assert cv2.imwrite(str(images / 'line.png'), line)
    found = list(calibration_images(str(images), preprocessing))
    assert len(found) == 4
    said = capsys.readouterr().out
    assert 'line.png' in said and 'c.png' in said


def test_steps_are_those_of_upstream():
    steps = [
        dict(type='ResizeEdge', scale=37, edge='short'),
        dict(type='ResizeEdge', scale=51, edge='long', interpolation='area'),
        dict(type='ResizeEdge', scale=33, edge='width'),
        dict(type='CenterCrop', crop_size=(32, 25)),
        dict(type='CenterCrop', crop_size=(90, 90)),
    ]
    rng = np.random.default_rng(0)
    for shape in ((40, 57), (57, 40), (41, 41)):
        theirs = ours = rng.integers(0, 256, shape, np.uint8)
        for step in steps:
            options = {k: v for k, v in step.items() if k != 'type'}
            ours = STEPS[step['type']](**options)(ours)
            name = f'mmpretrain.{step["type"]}'
            upstream = TRANSFORMS.build(dict(step, type=name))
            theirs = upstream(dict(img=theirs))['img']
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ('name', 'options'),
    [
        ('ResizeEdge', dict(scale=0)),
        ('ResizeEdge', dict(scale=9, edge='top')),
        ('ResizeEdge', dict(scale=9, interpolation='typo')),
        ('CenterCrop', dict(crop_size=(9, 0))),
        ('CenterCrop', dict(crop_size=(9, 9, 9))),
        ('CenterCrop', dict(crop_size=1.5)),
        ('Resize', dict(scale=(9, 0))),
        ('Resize', dict(scale=(9, 9), interpolation='typo')),
    ],
)
def test_steps_that_cannot_be(name, options):
    with pytest.raises((TypeError, ValueError)):
        STEPS[name](**options)


def test_the_usual_steps_of_a_classifier(trained):
    network = load_network(*trained('classification'))
    network.steps[:] = [
        dict(type='ResizeEdge', scale=256, edge='short', _scope_='mmpretrain'),
        dict(type='CenterCrop', crop_size=224),
        dict(type='PackInputs'),
    ]
    found = preprocessing_of(network)
    assert [step['type'] for step in found.steps] == [
        'ResizeEdge',
        'CenterCrop',
    ]
    grey = np.zeros((300, 500), np.uint8)
    assert found.resize(grey).shape == (224, 224)
    boxes = load_network(*trained('detection'))
    boxes.steps[:] = network.steps
    with pytest.raises(InputError, match='CenterCrop'):
        preprocessing_of(boxes)


def test_a_graph_of_one_size_is_found_out(tmp_path):
    class Baked(torch.nn.Module):
        def forward(self, image):
            return image[:, :, : int(image.shape[2]) // 2 * 2]

    path = tmp_path / 'baked.onnx'
    graph = Baked()
    graph.model = torch.nn.Module()
    graph.model.decode_head = None
    write_graph(graph, ['logits'], 1, path)
    with pytest.raises(ExportError, match='torch gives'):
        largest_difference(graph, path, 1, True)


def test_boxes_are_paired():
    boxes = np.arange(400).reshape(100, 4).astype(np.float32)
    scores, labels = np.linspace(1, 0, 100), np.zeros(100, int)
    turned = np.random.default_rng(0).permutation(100)
    (a, b), (c, d) = match_boxes(
        (boxes, scores, labels),
        (boxes[turned], scores[turned], labels[turned]),
    )
    np.testing.assert_array_equal(a, c)
    np.testing.assert_array_equal(b, d)
    with pytest.raises(ExportError, match='100 boxes, onnxruntime 50'):
        match_boxes(
            (boxes, scores, labels), (boxes[:50], scores[:50], labels[:50])
        )


def test_a_step_that_is_not_known(trained, tmp_path):
    config, checkpoint = trained('fcn')
    text = Path(config).read_text()
    text += "_base_.test_pipeline.insert(2, dict(type='Rerange'))\n"
    path = tmp_path / 'c.py'
    path.write_text(text)
    with pytest.raises(SystemExit, match='Rerange'):
        export([str(path), checkpoint, str(tmp_path / 'x.onnx')])


def test_preprocessing_without_figures(trained):
    """Without mean and std nothing is normalised; one side is both."""
    network = load_network(*trained('fcn'))
    del network.model.data_preprocessor.mean
    del network.model.data_preprocessor.std
    network.steps = [dict(type='Resize', scale=50)]
    found = preprocessing_of(network)
    assert (found.mean, found.std) == ((0.0,), (1.0,))
    assert found.resize(np.zeros((20, 30), np.uint8)).shape == (50, 50)
    network.model.align_corners = True
    with pytest.raises(InputError, match='align_corners'):
        preprocessing_of(network)
    network.steps = [dict(type='Resize', scale=(9, 9), backend='pillow')]
    with pytest.raises(InputError, match='backend'):
        preprocessing_of(network)


def test_classifiers_of_several_labels_are_refused(trained):
    network = load_network(*trained('classification'))
    network.model.data_preprocessor.pad_size_divisor = 32
    with pytest.raises(InputError, match='pad_size_divisor'):
        build_graph(network)
    network.model.head = MultiLabelLinearClsHead(12, 64)
    with pytest.raises(InputError, match='MultiLabelLinearClsHead'):
        build_graph(network)


def test_windows_are_dynamic(tmp_path):
    from infmae_mm import InfMAE
    from infmae_mm.deploy.graphs import BackboneMaps

    torch.manual_seed(0)
    model = torch.nn.Module()
    model.backbone = InfMAE('tiny', window_size=3, global_indices=(1,)).eval()
    graph = BackboneMaps(model)
    names = ['stride4', 'stride8', 'stride16', 'stride32']
    write_graph(graph, names, 3, tmp_path / 'w.onnx')
    assert largest_difference(graph, tmp_path / 'w.onnx', 3, True) < 1e-4
    # a map smaller than a window
    image = example(3, (32, 90))
    session = onnxruntime.InferenceSession(str(tmp_path / 'w.onnx'))
    found = session.run(None, {'image': image.numpy()})
    with torch.no_grad():
        expected = graph(image)
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_allclose(a.numpy(), b, atol=1e-4)
