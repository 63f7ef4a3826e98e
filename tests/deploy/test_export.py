"""Exported files: equal to torch, and used without torch."""

import ast
import csv
import json
import runpy
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from mmpretrain.models.heads import MultiLabelLinearClsHead
from toy_inputs import ROOT, write_video

from infmae_mm.deploy import bundle as bundle_module
from infmae_mm.deploy import export as export_module
from infmae_mm.deploy.bundle import (
    RUNTIME,
    bundle,
    needed_modules,
    write_runtime,
)
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
from infmae_mm.deploy.preprocessing import Preprocessing
from infmae_mm.deploy.quantisation import _images as calibration_images

export = runpy.run_path(str(ROOT / 'tools' / 'export.py'))['main']
predict = runpy.run_path(str(ROOT / 'tools' / 'predict.py'))['main']

# what a small computer does not have
WITHOUT_TORCH = """
import runpy, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        root = name.split('.')[0]
        if root in ('torch', 'mmengine', 'mmcv', 'mmseg', 'mmdet', 'rich',
                    'mmpretrain', 'infmae_mm', 'scipy', 'matplotlib'):
            raise ModuleNotFoundError(f'{name} is blocked', name=name)

sys.meta_path.insert(0, Blocker())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


@pytest.fixture(scope='module')
def exported(trained, tmp_path_factory):
    """The file of a tiny network, by name."""
    folder = tmp_path_factory.mktemp('exported')

    def make(name):
        path = folder / f'{name}.onnx'
        if not path.exists():
            export([*trained(name), str(path)])
        return path

    return make


def run_runtime(model, *arguments):
    """infmae_runtime.py in a process that has neither torch nor mm."""
    command = [sys.executable, '-c', WITHOUT_TORCH]
    command += [str(model.with_name(RUNTIME)), str(model)]
    return subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True
    )


TABLES = ('classes.csv', 'detections.csv', 'targets.csv', 'unreadable.csv')


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob('*'))
        if path.is_file() and path.name != '.predictions.json'
    }


@pytest.mark.parametrize(
    'name, options',
    [
        ('segmentation', ['--batch-size', 2]),
        ('fcn', []),
        ('small_target', ['--probabilities', '--score-thr', 0.4]),
        ('detection', ['--score-thr', 0.06]),
        ('classification', ['--top-k', 3]),
    ],
)
def test_the_runtime_writes_what_predict_writes(
    name, options, trained, exported, images, tmp_path
):
    write_video(images / 'v.avi', frames=2)
    options = [*map(str, options)]
    if name != 'classification':
        options += ['--temperature', '0.04', '-20']
    model = exported(name)
    found = run_runtime(model, images, '--out', tmp_path / 'a', *options)
    assert found.returncode == 1, found.stderr
    assert 'c.png' in found.stderr
    out = str(tmp_path / 'b')
    assert predict([*trained(name), str(images), '--out', out, *options]) == 1
    found, expected = files(tmp_path / 'a'), files(tmp_path / 'b')
    assert found.keys() == expected.keys()
    for n in found:
        if n.startswith(('labels', 'probabilities')):
            assert_close_images(found[n], expected[n])
        elif n in TABLES:
            assert_close_tables(found[n].decode(), expected[n].decode())


def assert_close_images(a, b):
    """Random weights nearly tie: a class of a pixel may fall either way."""
    a, b = (
        cv2.imdecode(np.frombuffer(x, np.uint8), -1).astype(int)
        for x in (a, b)
    )
    near = np.abs(a - b) <= (2 if a.max() > 255 else 0)
    assert near.mean() > 0.999


def place(row):
    """Where in a file a row of a table is, but for the last digits."""
    corner = [round(float(row[edge])) for edge in ('x1', 'y1') if edge in row]
    return row['image'], row.get('frame'), *corner


def assert_close_tables(a, b):
    """Texts are equal, numbers but for their last digits."""
    a, b = (list(csv.DictReader(x.splitlines())) for x in (a, b))
    assert len(a) == len(b) > 0
    if 'x1' in a[0]:
        scores = [[float(row.get('score', 0)) for row in x] for x in (a, b)]
        assert scores[0] == pytest.approx(scores[1], abs=0.001)
        # boxes of nearly equal scores may change places
        a, b = (sorted(x, key=place) for x in (a, b))
    for row, other in zip(a, b, strict=True):
        assert list(row) == list(other)
        for cell, value in zip(row.values(), other.values(), strict=True):
            if cell != value:
                assert float(cell) == pytest.approx(
                    float(value), rel=0.02, abs=0.02
                )


def test_without_tifffile_other_files_are_read(exported, images, tmp_path):
    model = exported('segmentation')
    blocked = WITHOUT_TORCH.replace("'torch',", "'torch', 'tifffile',")
    command = [sys.executable, '-c', blocked]
    command += [str(model.with_name(RUNTIME)), str(model), str(images)]
    found = subprocess.run(
        [*command, '--out', str(tmp_path / 'out')],
        capture_output=True,
        text=True,
    )
    assert 'b.TIFF: TIFF needs `pip install tifffile`' in found.stderr
    assert len(list((tmp_path / 'out' / 'labels').rglob('*.png'))) == 3


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


def test_a_runtime_of_another_version_is_replaced(tmp_path, monkeypatch):
    path = write_runtime(tmp_path)
    text = path.read_text()
    monkeypatch.setattr(bundle_module, '_HEADER', '# another version\n')
    write_runtime(tmp_path)
    assert path.read_text().startswith('# another version')
    path.write_text(text + '# a change\n')
    with pytest.raises(InputError, match='was changed'):
        write_runtime(tmp_path)


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


@pytest.mark.parametrize('kind', ['text', 'foreign', 'missing'])
def test_files_that_are_not_ours(kind, exported, images, tmp_path):
    path = tmp_path / 'f.onnx'
    if kind == 'text':
        path.write_text('no network')
    elif kind == 'foreign':
        model = onnx.load(exported('segmentation'))
        del model.metadata_props[:]
        onnx.save(model, path)
    (tmp_path / RUNTIME).write_text(bundle())
    found = run_runtime(path, images, '--out', tmp_path / 'out')
    assert found.returncode == 1
    match = dict(
        text='no ONNX file', foreign='not made by', missing='no such file'
    )
    assert match[kind] in found.stderr
    assert 'Traceback' not in found.stderr
    assert not (tmp_path / 'out').exists()


def changed(path, source, **entries):
    """A copy of an exported file with other metadata."""
    model = onnx.load(source)
    properties = {p.key: p.value for p in model.metadata_props}
    for key, value in entries.items():
        properties[f'infmae.{key}'] = json.dumps(value)
    onnx.helper.set_model_props(model, properties)
    onnx.save(model, path)
    return str(path)


@pytest.mark.parametrize(
    'entries, match',
    [
        (dict(classes=None), 'no list of names'),
        (dict(classes='abcdefghijkl'), 'no list of names'),
        (dict(palette=[[1, 2, 3]]), 'no colour of each class'),
        (dict(palette=[1, 2]), 'was changed'),
        (dict(threshold=5), '5 is no threshold'),
        (dict(iou='x'), "'x' is no threshold"),
        (dict(task='flying'), 'flying'),
        (dict(task=['x']), 'was changed'),
        (dict(task='detection'), 'outputs are not those of detection'),
        (dict(window=dict(size=[64, 64], stride=[0, 0])), 'windows are'),
        (dict(preprocessing=None), 'was changed'),
    ],
)
def test_changed_metadata_are_refused(entries, match, exported, tmp_path):
    path = changed(tmp_path / 'c.onnx', exported('classification'), **entries)
    with pytest.raises(InputError, match=match):
        OnnxPredictor(path)


@pytest.mark.parametrize(
    'change, match',
    [
        (dict(foo=1), 'foo'),
        (dict(mean=[1.0], std=[1.0]), 'not one image of 1 channels'),
        (dict(std=[0, 0, 0]), 'above 0'),
        (dict(mean='abc'), "has 'a'"),
        (dict(mapping=dict(rule='foo')), 'none of the rules'),
        (dict(palette='foo'), 'neither'),
        (dict(radiometric='foo'), 'neither'),
        (dict(steps=[dict(type='Fly')]), 'Fly'),
        (dict(steps=[dict(type='Resize', scale=[5])]), 'no width and height'),
        (
            dict(steps=[dict(type='Resize', scale=[5, 6], foo=1)]),
            'foo',
        ),
    ],
)
def test_changed_preprocessing_is_refused(change, match, exported, tmp_path):
    source = exported('classification')
    properties = {p.key: p.value for p in onnx.load(source).metadata_props}
    entries = json.loads(properties['infmae.preprocessing']) | change
    path = changed(tmp_path / 'c.onnx', source, preprocessing=entries)
    with pytest.raises(InputError, match=match):
        OnnxPredictor(path)


def test_another_file_of_a_network_is_another(exported, tmp_path):
    """A run does not go on with a file that was calibrated anew."""
    source = exported('classification')
    path = changed(tmp_path / 'c.onnx', source, precision='int8')
    found = {OnnxPredictor(str(p)).identity for p in (path, source)}
    assert len(found) == 2


@pytest.mark.parametrize('name', ['classification', 'fcn'])
def test_values_that_are_not_finite_are_a_failure(name, exported):
    predictor = OnnxPredictor(str(exported(name)))
    _, (image, shape) = predictor.prepare(np.zeros((40, 50), np.uint8))
    one, other = predictor.predict([(image * np.nan, shape), (image, shape)])
    assert 'not finite' in one
    assert not isinstance(other, str)


@pytest.mark.parametrize('number', [2, 20])
def test_names_of_other_classes_are_refused(number, exported, tmp_path):
    """The graph of a segmentor leaves their number open."""
    path = changed(
        tmp_path / 'c.onnx',
        exported('fcn'),
        classes=[f'class {i}' for i in range(number)],
        palette=[[1, 2, 3]] * number,
    )
    predictor = OnnxPredictor(path)
    _, prepared = predictor.prepare(np.zeros((40, 50), np.uint8))
    with pytest.raises(InputError, match=f'9 classes.* names {number}'):
        predictor.predict([prepared])


def test_a_provider_that_is_not_there(exported, images, tmp_path):
    found = run_runtime(
        exported('fcn'),
        images,
        *('--out', tmp_path / 'out', '--provider', 'ToasterExecutionProvider'),
    )
    assert 'no ToasterExecutionProvider, but' in found.stderr
    assert 'CPUExecutionProvider' in found.stderr


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


def test_what_the_runtime_needs():
    modules = needed_modules()
    assert {'deploy.runtime', 'thermal.reading', 'drawing.boxes'} <= set(
        modules
    )
    needed = set()
    for source in modules.values():
        for node in ast.parse(source).body:
            if isinstance(node, ast.Import):
                needed.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                needed.add(node.module.split('.')[0])
    others = needed - set(sys.stdlib_module_names)
    assert others <= {'cv2', 'numpy', 'onnxruntime', 'tifffile'}


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
