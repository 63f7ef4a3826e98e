"""Runs over files: tables, label maps, tiles, settings."""

import json
import os

import cv2
import numpy as np
import pytest
from toy_inputs import files, scene
from toy_predictor import (
    ToyPredictor,
    predict,
    rows,
)

from infmae_mm.deploy.inputs import InputError, find_items
from infmae_mm.deploy.prediction import PredictionRun
from infmae_mm.deploy.results import Options, TargetMap
from infmae_mm.deploy.settings import Settings
from infmae_mm.deploy.values import Reading
from infmae_mm.small_target.matching import Components


def test_areas_and_label_maps(images, tmp_path):
    reports = []
    out = tmp_path / 'out'
    failed = predict(
        'segmentation', [images], out, reports=reports, batch_size=2
    )
    assert failed == 1
    assert len(reports) == 1 and 'c.png' in reports[0]
    assert [row['image'] for row in rows(out / 'unreadable.csv')] == ['c.png']
    table = rows(out / 'areas.csv')
    assert len(table) == 8
    values = cv2.imread(str(images / 'b.TIFF'), cv2.IMREAD_UNCHANGED)
    labels = cv2.imread(str(out / 'labels' / 'b.png'), 0)
    cold, hot = (row for row in table if row['image'] == 'b.TIFF')
    assert int(hot['pixels']) == (labels == 1).sum()
    assert float(hot['share']) == pytest.approx(labels.mean(), abs=1e-6)
    inner = values[labels == 1]
    assert float(hot['value_min']) == inner.min()
    assert float(hot['value_mean']) == pytest.approx(inner.mean(), abs=1e-3)
    assert float(hot['value_max']) == inner.max()
    assert hot['celsius_max'] == ''
    # two files of one name
    assert (out / 'labels' / 'x' / 'a.png.png').is_file()
    assert (out / 'labels' / 'x' / 'a.jpg.png').is_file()
    assert cv2.imread(str(out / 'pictures' / 'b.png')).shape == (96, 128, 3)


def test_detections(images, tmp_path):
    out = tmp_path / 'out'
    predict('detection', [images], out, temperature=(0.05, -300))
    table = rows(out / 'detections.csv')
    assert [row['class'] for row in table] == ['hot'] * 4
    row = table[1]
    values = cv2.imread(str(images / 'b.TIFF'), cv2.IMREAD_UNCHANGED)
    assert row['image'] == 'b.TIFF'
    assert float(row['value_max']) == values.max()
    celsius = values.max() * 0.05 - 300
    assert float(row['celsius_max']) == pytest.approx(celsius, abs=1e-2)
    found = json.loads((out / 'detections.json').read_text())
    assert len(found) == 4
    x1, y1, x2, y2 = (float(row[key]) for key in ('x1', 'y1', 'x2', 'y2'))
    assert found[1] == dict(
        image_id=2,
        file_name='b.TIFF',
        category_id=2,
        bbox=[x1, y1, x2 - x1, y2 - y1],
        score=0.9,
    )


def test_no_detection_is_valid_json(images, tmp_path):
    out = tmp_path / 'out'
    predict('detection', [images], out, options=dict(threshold=0.95))
    assert json.loads((out / 'detections.json').read_text()) == []


def test_targets(tmp_path):
    image = np.full((40, 60), 20, np.uint8)
    image[10:13, 20:24] = 200
    image[30, 5] = 255
    cv2.imwrite(str(tmp_path / 'a.png'), image)
    out = tmp_path / 'out'
    options = dict(probabilities=True)
    predict('small_target', [tmp_path / 'a.png'], out, options=options)
    first, second = rows(out / 'targets.csv')
    assert (first['x'], first['y'], first['area']) == ('21.50', '11.00', '12')
    box = [first[key] for key in ('x1', 'y1', 'x2', 'y2')]
    assert box == ['20', '10', '24', '13']
    assert float(first['mean']) == pytest.approx(200 / 255, abs=1e-4)
    assert (second['peak'], second['value_max']) == ('1.0000', '255')
    stored = cv2.imread(str(out / 'probabilities' / 'a.png'), -1)
    assert stored.dtype == np.uint16 and stored[30, 5] == 65535


@pytest.mark.parametrize('seed', range(5))
def test_targets_are_those_that_the_metric_counts(seed):
    probability = np.random.default_rng(seed).random((23, 31), np.float32)
    rows = TargetMap(probability).rows(
        Reading(probability), Options((), (), threshold=0.88)
    )
    found = Components.of(probability > 0.88)
    expected = [
        (f'{x:.2f}', f'{y:.2f}', area, across.start, down.start)
        + (across.stop, down.stop)
        for (y, x), area, (down, across) in zip(
            found.centroids, found.areas, found.boxes, strict=True
        )
    ]
    # x, y, area and box; peak and mean stand between them
    told = [tuple(map(str, (*row[:3], *row[5:9]))) for row in rows]
    assert sorted(told) == sorted(tuple(map(str, row)) for row in expected)


def test_classes(images, tmp_path):
    out = tmp_path / 'out'
    options = dict(top_k=1)
    predict('classification', [images / 'a.png'], out, options=options)
    (row,) = rows(out / 'classes.csv')
    assert row['rank'] == '1' and row['class'] == 'cold'


@pytest.mark.parametrize('task', ['detection', 'small_target'])
def test_one_tile_is_the_image(task, images, tmp_path):
    predict(task, [images], tmp_path / 'whole')
    predict(task, [images], tmp_path / 'tiled', tile=128)
    assert files(tmp_path / 'whole') == files(tmp_path / 'tiled')


def test_tiles_of_a_point_wise_network_change_nothing(images, tmp_path):
    predict('small_target', [images], tmp_path / 'whole')
    predict('small_target', [images], tmp_path / 'tiled', tile=40)
    whole, tiled = (
        rows(tmp_path / name / 'targets.csv') for name in ('whole', 'tiled')
    )
    assert whole == tiled


def test_names_that_are_no_text(images, tmp_path):
    os.rename(images / 'a.png', os.fsencode(images) + b'/\xe9.png')
    os.rename(images / 'c.png', os.fsencode(images) + b'/\xff.png')
    reports, out = [], tmp_path / 'out'
    predict('detection', [images], out, reports=reports)
    assert all(report.isprintable() for report in reports)
    names = {row['image'] for row in rows(out / 'detections.csv')}
    assert '\\udce9.png' in names
    names = {
        r['file_name']
        for r in json.loads((out / 'detections.json').read_text())
    }
    assert '\\udce9.png' in names
    assert os.path.isfile(os.fsencode(out) + b'/pictures/\xe9.png')


def test_coordinates_are_those_of_the_upright_picture(tmp_path):
    image = np.full((40, 60), 20, np.uint8)
    image[3:9, 50:56] = 250
    data = cv2.imencode('.jpg', image)[1].tobytes()
    # orientation 6: to be turned clockwise
    exif = b'Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06'
    exif += bytes(7)
    segment = b'\xff\xe1' + (len(exif) + 2).to_bytes(2, 'big') + exif
    (tmp_path / 'a.jpg').write_bytes(data[:2] + segment + data[2:])
    out = tmp_path / 'out'
    predict('detection', [tmp_path / 'a.jpg'], out)
    row, *_ = rows(out / 'detections.csv')
    box = [float(row[key]) for key in ('x1', 'y1', 'x2', 'y2')]
    assert box == pytest.approx([31, 50, 37, 56], abs=1.01)
    assert cv2.imread(str(out / 'pictures' / 'a.png')).shape == (60, 40, 3)


@pytest.mark.parametrize(
    'task, settings, match',
    [
        ('segmentation', dict(tile=640), 'sliding windows'),
        ('detection', dict(tile=8), '32 or more'),
        ('detection', dict(tile=64, overlap=1), 'below 1'),
        ('detection', dict(batch_size=0), '1 or more'),
        ('detection', dict(temperature=(float('nan'), 0)), 'finite'),
        ('classification', dict(temperature=(0.01, 0)), 'has none'),
    ],
)
def test_settings_that_cannot_be(task, settings, match, images, tmp_path):
    with pytest.raises(InputError, match=match):
        predict(task, [images], tmp_path / 'out', **settings)
    assert not (tmp_path / 'out').exists()


def test_an_image_too_large_for_the_memory_is_one_failure(images, tmp_path):
    class Small(ToyPredictor):
        def predict(self, inputs):
            if inputs[0].shape == (50, 40):
                raise MemoryError
            found = super().predict(inputs)
            return [
                'not finite' if len(image) == 30 else result
                for image, result in zip(inputs, found, strict=True)
            ]

    cv2.imwrite(str(images / 'd.png'), scene(1, (30, 96)))
    cv2.imwrite(str(images / 'b.png'), scene(1, (50, 40)))
    run = PredictionRun(
        Small('segmentation'),
        find_items([str(images)], str(tmp_path / 'out')),
        str(tmp_path / 'out'),
        Settings(batch_size=2),
        report=[].append,
    )
    assert run.run() == 3
    reasons = {r['image']: r for r in rows(tmp_path / 'out/unreadable.csv')}
    assert 'not enough memory' in reasons['b.png']['reason']
    assert reasons['d.png']['reason'] == 'not finite'
    named = {row['image'] for row in rows(tmp_path / 'out' / 'areas.csv')}
    assert named == {'a.png', 'b.TIFF', 'x/a.jpg', 'x/a.png'}
