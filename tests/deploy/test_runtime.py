"""Exported files at work without torch, and files that are not ours."""

import ast
import csv
import json
import runpy
import subprocess
import sys

import cv2
import numpy as np
import onnx
import pytest
from toy_inputs import ROOT, files, write_video
from toy_runtime import WITHOUT_TORCH, run_runtime

from infmae_mm.deploy import bundle as bundle_module
from infmae_mm.deploy.bundle import (
    RUNTIME,
    bundle,
    needed_modules,
    write_runtime,
)
from infmae_mm.deploy.inputs import InputError
from infmae_mm.deploy.onnx_predictor import OnnxPredictor

predict = runpy.run_path(str(ROOT / 'tools' / 'predict.py'))['main']

TABLES = ('classes.csv', 'detections.csv', 'targets.csv', 'unreadable.csv')


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


def test_a_runtime_of_another_version_is_replaced(tmp_path, monkeypatch):
    path = write_runtime(tmp_path)
    text = path.read_text()
    monkeypatch.setattr(bundle_module, '_HEADER', '# another version\n')
    write_runtime(tmp_path)
    assert path.read_text().startswith('# another version')
    path.write_text(text + '# a change\n')
    with pytest.raises(InputError, match='was changed'):
        write_runtime(tmp_path)


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
