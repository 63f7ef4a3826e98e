"""Trained networks of every wing, on files."""

import csv
import json
import runpy
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from toy_inputs import scene

from infmae_mm.deploy.graphs import build_graph
from infmae_mm.deploy.inputs import InputError
from infmae_mm.deploy.network import (
    _classes,
    _colours,
    _task,
    load_backbone,
    load_network,
)
from infmae_mm.deploy.torch_predictor import TorchPredictor
from infmae_mm.segmentation import ThermalSegInferencer

ROOT = Path(__file__).parents[2]
MINI = 'infmae_mini_1xb16-15e_thermal-128.py'
predict = runpy.run_path(str(ROOT / 'tools' / 'predict.py'))['main']


def rows(path):
    with open(path, newline='') as file:
        return list(csv.DictReader(file))


def run(*arguments):
    return predict([str(argument) for argument in arguments])


@pytest.mark.parametrize('name', ['segmentation', 'fcn'])
def test_labels_are_those_of_the_inferencer(name, trained, images, tmp_path):
    config, checkpoint = trained(name)
    out = tmp_path / 'out'
    status = run(config, checkpoint, images, '--out', out, '--batch-size', 2)
    assert status == 1
    inferencer = ThermalSegInferencer(config, checkpoint, device='cpu')
    files = [str(images / 'a.png'), str(images / 'b.TIFF')]
    expected = inferencer(files)['predictions']
    for stem, labels in zip('ab', expected, strict=True):
        found = cv2.imread(str(out / 'labels' / f'{stem}.png'), -1)
        assert len(np.unique(found)) > 1
        np.testing.assert_array_equal(found, labels)


def test_boxes_are_those_of_the_test_loop(trained, images, tmp_path):
    config, checkpoint = trained('detection')
    out = tmp_path / 'out'
    arguments = ['--out', out, '--score-thr', 0.06, '--no-pictures']
    run(config, checkpoint, images / 'x', *arguments)
    from infmae_mm.detection import ThermalDetInferencer

    inferencer = ThermalDetInferencer(config, checkpoint, device='cpu')
    (expected,) = inferencer(str(images / 'x' / 'a.jpg'))['predictions']
    found = [r for r in rows(out / 'detections.csv') if r['image'] == 'a.jpg']
    scores = [s for s in expected['scores'] if s >= 0.06]
    assert len(found) == len(scores) > 0
    for row, score, box in zip(
        found, scores, expected['bboxes'], strict=False
    ):
        assert float(row['score']) == pytest.approx(score, abs=1e-4)
        corners = [float(row[key]) for key in ('x1', 'y1', 'x2', 'y2')]
        assert corners == pytest.approx(box, abs=0.01)
    records = json.loads((out / 'detections.json').read_text())
    assert len(records) == len(rows(out / 'detections.csv'))


def test_a_tile_as_large_as_the_image(trained, images, tmp_path):
    config, checkpoint = trained('small_target')
    for name, options in (('whole', []), ('tiled', ['--tile', 128])):
        out = ['--out', tmp_path / name, '--probabilities', *options]
        run(config, checkpoint, images / 'x', *out, '--score-thr', 0.4)
    for name in ('targets.csv', 'probabilities/a.png.png'):
        whole, tiled = (
            (tmp_path / folder / name).read_bytes()
            for folder in ('whole', 'tiled')
        )
        assert whole == tiled


def test_temperatures_of_a_box(trained, tmp_path):
    config, checkpoint = trained('detection')
    cv2.imwrite(str(tmp_path / 'a.png'), scene(0, bits=16))
    out = tmp_path / 'out'
    run(
        *(config, checkpoint, tmp_path / 'a.png', '--out', out),
        *('--score-thr', 0.06, '--temperature', 0.01, -273.15),
    )
    for row in rows(out / 'detections.csv'):
        for name in ('min', 'mean', 'max'):
            celsius = float(row[f'value_{name}']) * 0.01 - 273.15
            assert float(row[f'celsius_{name}']) == pytest.approx(
                celsius, abs=0.01
            )


def test_a_checkpoint_of_another_config_is_refused(trained, images, tmp_path):
    config, _ = trained('segmentation')
    _, checkpoint = trained('fcn')
    out = tmp_path / 'out'
    with pytest.raises(SystemExit, match='does not (belong|fit)'):
        run(config, checkpoint, images, '--out', out)
    assert not out.exists()


def test_a_missing_weight_is_refused(trained, images, tmp_path):
    config, checkpoint = trained('segmentation')
    content = torch.load(checkpoint)
    del content['state_dict']['decode_head.conv_seg.bias']
    torch.save(content, tmp_path / 'short.pth')
    with pytest.raises(SystemExit, match='decode_head.conv_seg'):
        run(config, tmp_path / 'short.pth', images, '--out', tmp_path / 'out')


def test_what_cannot_be_is_said(trained, images, tmp_path):
    config, checkpoint = trained('fcn')
    out = '--out', tmp_path / 'out'
    with pytest.raises(SystemExit, match='no config'):
        run(checkpoint, config, images, *out)
    with pytest.raises(SystemExit, match='--device cuda:99 cannot .* cpu'):
        run(config, checkpoint, images, *out, '--device', 'cuda:99')
    assert not (tmp_path / 'out').exists()


def test_a_backbone_of_weights_that_ship():
    config = ROOT / 'configs' / 'pretrain' / MINI
    network = load_backbone(str(config), 'infmae_mm://mini-thermal')
    assert network.task == 'backbone'
    assert network.identity


@pytest.mark.parametrize(
    'arguments, match',
    [
        (['--score-thr', 0.5], 'is for detection and small_target'),
        (['--top-k', 2], 'is for classification'),
        (['--probabilities'], 'is for small_target'),
        (['--tile', 640], 'sliding windows'),
    ],
)
def test_options_without_a_meaning(
    arguments, match, trained, images, tmp_path
):
    out = tmp_path / 'out'
    with pytest.raises(SystemExit, match=match):
        run(*trained('segmentation'), images, '--out', out, *arguments)
    assert not out.exists()


def test_pre_training_predicts_nothing(trained, images, tmp_path):
    config = ROOT / 'configs' / 'pretrain' / 'infmae_tiny_demo.py'
    _, checkpoint = trained('fcn')
    with pytest.raises(SystemExit, match='predicts neither'):
        run(config, checkpoint, images, '--out', tmp_path / 'out')


def test_names_and_colours_come_from_the_config(trained):
    network = load_network(*trained('detection'))
    assert network.classes == ('Person', 'Car', 'Bicycle', 'OtherVehicle')
    assert network.palette[1] == (90, 200, 255)
    assert network.iou == 0.5
    predictor = TorchPredictor(network, threshold=0.7)
    assert predictor.options.threshold == 0.7


def test_options_change_the_config(trained):
    files = trained('small_target')
    option = 'model.test_cfg.flips'
    changed = load_network(*files, cfg_options=[f'{option}=True'])
    assert changed.model.flips
    # a run of predictions with other options is another run
    assert changed.identity != load_network(*files).identity
    for wrong in (f'{option}z=True', option, 'model.bacbone.arch=mini'):
        with pytest.raises(InputError, match='--cfg-options'):
            load_network(*files, cfg_options=[wrong])


def test_the_way_on_from_the_loader_of_upstream(trained, tmp_path):
    config, checkpoint = trained('segmentation')
    path = tmp_path / 'theirs.py'
    text = (
        f'_base_ = {str(config)!r}\n'
        '_, *others = _base_.test_dataloader.dataset.pipeline\n'
        "load = dict(type='LoadImageFromFile')\n"
        'test_dataloader = dict(dataset=dict(pipeline=[load, *others]))\n'
    )
    path.write_text(text)
    with pytest.raises(InputError, match='in place of its LoadImageFromFile'):
        load_network(str(path), checkpoint)
    path.write_text(text.replace('[load,', '['))
    with pytest.raises(InputError, match=r'and has 0\.$'):
        load_network(str(path), checkpoint)
    path.write_text(text.replace('LoadImageFromFile', 'LoadThermalImage'))
    assert load_network(str(path), checkpoint).task == 'segmentation'


def test_a_string_is_no_list_of_classes():
    """Another program trained a head of five classes."""
    with pytest.raises(InputError, match=r"letters .* \('udder',\)"):
        _classes(None, dict(classes='udder'), None, 'segmentation', 'c.py')


def test_no_memory_is_told_apart(trained, monkeypatch):
    """Any other error of a network is one of the program."""
    predictor = TorchPredictor(load_network(*trained('segmentation')))
    _, packed = predictor.prepare(np.zeros((40, 50), np.uint8))

    def fail(data):
        raise RuntimeError(text)

    monkeypatch.setattr(predictor._model, 'test_step', fail)
    text = "DefaultCPUAllocator: can't allocate memory: you tried to ..."
    with pytest.raises(MemoryError):
        predictor.predict([packed])
    text = 'mat1 and mat2 shapes cannot be multiplied'
    with pytest.raises(RuntimeError, match='mat1'):
        predictor.predict([packed])


def test_colours_by_the_name_of_a_palette():
    """mmdet takes 'random' for a palette."""
    assert len(set(_colours('random', ('a', 'b', 'c')))) == 3
    assert _colours([(1, 2, 3)], ('a',)) == ((1, 2, 3),)


def test_segmentors_of_several_heads(trained):
    """They predict, and are refused by the export."""
    network = load_network(*trained('segmentation'))
    model = network.model
    model.decode_head = torch.nn.ModuleList([model.decode_head])
    assert _task(network.cfg, model, 'c.py') == 'segmentation'
    with pytest.raises(InputError, match='one decode_head'):
        build_graph(network)


def test_a_detector_without_a_head_is_said(trained):
    network = load_network(*trained('segmentation'))
    with pytest.raises(InputError, match='without a bbox_head'):
        _classes(network.cfg, {}, network.model, 'detection', 'c.py')


@pytest.mark.parametrize('name', ['segmentation', 'classification'])
def test_values_that_are_not_finite_are_a_failure(name, trained):
    """Class 0 would be taken everywhere."""
    predictor = TorchPredictor(load_network(*trained(name)))
    _, packed = predictor.prepare(np.zeros((40, 50), np.uint8))
    for parameter in predictor._model.parameters():
        parameter.data.fill_(float('nan'))
    (found,) = predictor.predict([packed])
    assert 'not finite' in found
