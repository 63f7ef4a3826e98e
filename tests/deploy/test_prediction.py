"""Runs over files, with networks of a few lines in place of trained ones."""

import csv
import errno
import json
import os
import struct
from dataclasses import replace

import cv2
import numpy as np
import pytest
from toy_inputs import scene, write_video

from infmae_mm.deploy.inputs import InputError, find_items
from infmae_mm.deploy.journal import JOURNAL, Journal
from infmae_mm.deploy.prediction import PredictionRun
from infmae_mm.deploy.results import (
    ClassScores,
    Detections,
    LabelMap,
    Options,
    TargetMap,
)
from infmae_mm.deploy.settings import Settings
from infmae_mm.deploy.values import frame_values, read_values
from infmae_mm.deploy.videos import Video
from infmae_mm.thermal.mapping import build_mapping


class InterruptedRunError(Exception):
    """What ends a run in the middle."""


class ToyPredictor:
    """Calls bright pixels what the task asks for."""

    iou = 0.5
    identity = 'toy'
    radiometric = None
    palette = 'luma'

    def __init__(self, task, stop_after=10**9, **options):
        self.task = task
        self.options = replace(
            Options(('cold', 'hot'), ((0, 0, 0), (255, 80, 0)), threshold=0.5),
            **options,
        )
        self.left = stop_after

    def read(self, path):
        return read_values(path, radiometric=self.radiometric)

    def grey(self, values):
        return build_mapping('minmax')(values)[0]

    def prepare(self, grey):
        return grey.shape, grey

    def predict(self, inputs):
        if self.left <= 0:
            raise InterruptedRunError
        self.left -= 1
        return [self._result(grey / np.float32(255)) for grey in inputs]

    def _result(self, image):
        if self.task == 'segmentation':
            return LabelMap((image > 0.7).astype(np.uint8))
        if self.task == 'small_target':
            return TargetMap(image)
        if self.task == 'classification':
            return ClassScores(np.array([1 - image.mean(), image.mean()]))
        y, x = np.nonzero(image >= 0.9 * image.max())
        box = [x.min(), y.min(), x.max() + 1, y.max() + 1]
        boxes = np.float32([box, box])
        return Detections(boxes, np.float32([0.9, 0.3]), np.array([1, 0]))


def predict(task, inputs, out, stop_after=10**9, reports=None, **settings):
    options = settings.pop('options', {})
    run = PredictionRun(
        ToyPredictor(task, stop_after, **options),
        find_items([str(i) for i in inputs], str(out)),
        str(out),
        Settings(**settings),
        report=[].append if reports is None else reports.append,
    )
    # as often as possible, not every two seconds
    run.writer._committed = -1e9
    return run.run()


def rows(path):
    with open(path, newline='') as file:
        return list(csv.DictReader(file))


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob('*'))
        if path.is_file() and path.name != '.predictions.json'
    }


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


@pytest.mark.parametrize('task', ['segmentation', 'detection'])
@pytest.mark.parametrize('calls', range(5))
def test_an_interrupted_run_ends_with_the_same_files(
    task, calls, images, tmp_path
):
    write_video(images / 'v.avi')
    settings = dict(batch_size=3, workers=2)
    predict(task, [images], tmp_path / 'whole', **settings)
    out = tmp_path / 'broken_off'
    with pytest.raises(InterruptedRunError):
        predict(task, [images], out, stop_after=calls, **settings)
    # a torn line, as a power cut leaves it
    with open(out / 'unreadable.csv', 'a') as file:
        file.write('half a li')
    assert predict(task, [images], out, **settings) == 1
    assert files(out) == files(tmp_path / 'whole')
    # nothing is left to do
    assert predict(task, [images], out, stop_after=0, **settings) == 1
    assert files(out) == files(tmp_path / 'whole')


def test_frames_of_a_video(tmp_path):
    write_video(tmp_path / 'v.avi', frames=5)
    out = tmp_path / 'out'
    assert predict('segmentation', [tmp_path / 'v.avi'], out) == 0
    table = [r for r in rows(out / 'areas.csv') if r['class'] == 'hot']
    assert [row['frame'] for row in table] == list('01234')
    assert [float(row['time']) for row in table] == [0, 0.1, 0.2, 0.3, 0.4]
    assert (out / 'labels' / 'v.avi' / '000004.png').is_file()
    film = cv2.VideoCapture(str(out / 'pictures' / 'v.avi.mp4'))
    assert film.get(cv2.CAP_PROP_FRAME_COUNT) == 5
    assert film.get(cv2.CAP_PROP_FPS) == pytest.approx(10)


def test_colours_of_a_video(tmp_path):
    # MJPEG keeps colours at half the size: of specks they are lost
    grey = cv2.resize(scene(0), (512, 384), interpolation=cv2.INTER_LINEAR)
    path = tmp_path / 'v.avi'
    write_video(path, frames=2, colours=cv2.COLORMAP_JET, size=(512, 384))
    _, frame = next(Video(str(path)).frames())
    found = frame_values(frame, 'auto').values
    assert np.corrcoef(found.ravel(), grey.ravel())[0, 1] > 0.98
    luma = frame_values(frame).values
    assert np.corrcoef(luma.ravel(), grey.ravel())[0, 1] < 0.9
    with pytest.raises(ValueError, match='viridis'):
        frame_values(frame, 'viridis')


def retimed(data: bytes, steps: list[int]) -> bytes:
    """An MP4 file whose frames last so many steps each."""
    at = data.index(b'stts') - 4  # the table of durations: one entry for all
    (step,) = struct.unpack_from('>I', data, at + 20)
    table = struct.pack('>I4sII', 16 + 8 * len(steps), b'stts', 0, len(steps))
    table += b''.join(struct.pack('>II', 1, step * n) for n in steps)
    data = bytearray(data[:at] + table + data[at + 24 :])
    for name in (b'moov', b'trak', b'mdia', b'minf', b'stbl'):
        (size,) = struct.unpack_from('>I', data, data.index(name) - 4)
        size += 8 * (len(steps) - 1)
        struct.pack_into('>I', data, data.index(name) - 4, size)
    return bytes(data).replace(b'edts', b'free')  # no cut at the old end


def test_times_are_those_of_the_file(tmp_path):
    path = tmp_path / 'v.mp4'
    write_video(path, frames=5, codec='mp4v')
    path.write_bytes(retimed(path.read_bytes(), [1, 1, 5, 1, 1]))
    times = [time for time, _ in Video(str(path)).frames()]
    assert times == pytest.approx([0, 0.1, 0.2, 0.7, 0.8], abs=1e-3)


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


def test_a_video_whose_name_is_no_text(tmp_path):
    """OpenCV ends the process at such a name."""
    write_video(tmp_path / 'v.avi', frames=3)
    path = os.fsdecode(os.fsencode(tmp_path) + b'/\xff.avi')
    os.rename(tmp_path / 'v.avi', path)
    out = tmp_path / os.fsdecode(b'out \xe9')
    assert predict('segmentation', [path], out) == 0
    table = rows(out / 'areas.csv')
    assert {row['image'] for row in table} == {'\\udcff.avi'}
    assert {row['frame'] for row in table} == {*'012'}
    film = out / 'pictures' / f'{os.path.basename(path)}.mp4'
    assert film.stat().st_size > 1000


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


def test_a_run_stopped_at_its_very_start_goes_on(images, tmp_path):
    """Killed when the first table was there and nothing else."""
    predict('detection', [images], tmp_path / 'whole')
    out = tmp_path / 'out'
    with pytest.raises(InterruptedRunError):
        predict('detection', [images], out, stop_after=0)
    journal = json.loads((out / JOURNAL).read_text())
    (out / JOURNAL).write_text(json.dumps({**journal, 'lengths': {}}))
    predict('detection', [images], out)
    assert files(out) == files(tmp_path / 'whole')


def test_a_video_that_ends_early_is_reported(images, tmp_path):
    path = images / 'v.avi'
    write_video(path, frames=20)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (images / 'w.mp4').write_bytes(b'no video')
    reports = []
    out = tmp_path / 'out'
    # with the broken image of the folder
    assert predict('detection', [images], out, reports=reports) == 3
    text = '\n'.join(reports)
    assert 'v.avi: the video ends after' in text
    assert 'w.mp4: OpenCV cannot open the video' in text
    frames = [r for r in rows(out / 'detections.csv') if r['frame']]
    assert 0 < len(frames) < 20
    before = files(out)
    assert predict('detection', [images], out) == 3
    assert files(out) == before


def test_a_video_that_no_film_can_be_made_of_is_reported(tmp_path):
    """Frames of one column: a codec takes none, the tables take all."""
    folder, out, reports = tmp_path / 'in', tmp_path / 'out', []
    folder.mkdir()
    write_video(folder / 'narrow.avi', frames=3, size=(1, 96))
    write_video(folder / 'v.avi', frames=2)
    assert predict('segmentation', [folder], out, reports=reports) == 1
    [report] = reports
    assert 'narrow.avi: OpenCV cannot write a film of 1x96 pixels' in report
    [failed] = rows(out / 'unreadable.csv')
    assert failed['image'] == 'narrow.avi'
    found = {(row['image'], row['frame']) for row in rows(out / 'areas.csv')}
    assert {('narrow.avi', str(i)) for i in range(3)} < found
    assert [path.name for path in (out / 'pictures').iterdir()] == [
        'v.avi.mp4'
    ]


def test_other_files_are_never_touched(images, tmp_path):
    out = tmp_path / 'out'
    out.mkdir()
    (out / 'areas.csv').write_text('mine')
    with pytest.raises(InputError, match='not empty'):
        predict('segmentation', [images], out)
    assert files(out) == {'areas.csv': b'mine'}
    with pytest.raises(InputError, match='is a file'):
        predict('segmentation', [images], out / 'areas.csv')


def test_another_request_does_not_go_on(images, tmp_path):
    out = tmp_path / 'out'
    predict('segmentation', [images], out)
    with pytest.raises(InputError, match='batch size was 1 and is 2'):
        predict('segmentation', [images], out, batch_size=2)
    cv2.imwrite(str(images / 'new.png'), scene(9))
    with pytest.raises(InputError, match='inputs was .5 files'):
        predict('segmentation', [images], out)


def test_a_table_that_shrank_is_an_error(images, tmp_path):
    out = tmp_path / 'out'
    predict('segmentation', [images], out)
    (out / 'areas.csv').write_text('')
    with pytest.raises(InputError, match='shorter than it was'):
        predict('segmentation', [images], out)


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


def test_a_finished_run_leaves_what_was_added_to_its_tables(images, tmp_path):
    out = tmp_path / 'out'
    predict('detection', [images], out)
    with open(out / 'detections.csv', 'a') as file:
        file.write('my own remark\n')
    before = files(out)
    assert predict('detection', [images], out) == 1
    assert files(out) == before


def test_the_end_is_written_down_once(images, tmp_path, monkeypatch):
    """A run killed while it writes down its end ends with the same JSON."""
    predict('detection', [images], tmp_path / 'whole')

    def killed(*args):
        raise InterruptedRunError

    out = tmp_path / 'out'
    with monkeypatch.context() as patch, pytest.raises(InterruptedRunError):
        patch.setattr(Journal, 'finish', killed)
        predict('detection', [images], out)
    predict('detection', [images], out)
    assert files(out) == files(tmp_path / 'whole')


@pytest.mark.parametrize(
    'text', ['', '{}', '[]', '{"request": 3, "done": 1, "failed": 0}']
)
def test_a_damaged_journal_is_said(text, images, tmp_path):
    (tmp_path / JOURNAL).write_text(text)
    with pytest.raises(InputError, match='is damaged'):
        predict('detection', [images], tmp_path)


def test_a_video_of_16_bits_keeps_its_counts(tmp_path):
    path, counts = tmp_path / 'v.mkv', scene(0, bits=16)
    writer = cv2.VideoWriter(
        str(path),
        cv2.CAP_FFMPEG,
        cv2.VideoWriter_fourcc(*'FFV1'),
        10,
        counts.shape[::-1],
        [cv2.VIDEOWRITER_PROP_DEPTH, cv2.CV_16U]
        + [cv2.VIDEOWRITER_PROP_IS_COLOR, 0],
    )
    assert writer.isOpened()
    writer.write(counts)
    writer.write(counts + np.uint16(1))
    writer.release()
    out = tmp_path / 'out'
    assert predict('small_target', [path], out, temperature=(0.01, 0)) == 0
    first = rows(out / 'targets.csv')[0]
    x1, y1, x2, y2 = (int(first[key]) for key in ('x1', 'y1', 'x2', 'y2'))
    assert float(first['value_max']) == counts[y1:y2, x1:x2].max()
    celsius = counts[y1:y2, x1:x2].max() / 100
    assert float(first['celsius_max']) == pytest.approx(celsius)


@pytest.mark.parametrize('fps', [66.667, 333.333, 8.333, 119.88])
def test_a_film_at_a_rate_that_mpeg4_has_not(fps, tmp_path):
    path = tmp_path / 'v.avi'
    codec = cv2.VideoWriter_fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(path), codec, fps, (128, 96), False)
    writer.write(scene(0))
    writer.write(scene(1))
    writer.release()
    out = tmp_path / 'out'
    assert predict('segmentation', [path], out) == 0
    film = Video(str(out / 'pictures' / 'v.avi.mp4'))
    assert film.num_frames == 2
    assert film.fps == pytest.approx(fps, rel=1e-3)


def test_a_film_that_cannot_be_is_one_failure(images, tmp_path):
    """MPEG-4 takes up to 8191 pixels; tables and the rest are written."""
    write_video(images / 'v.avi', frames=5, size=(8200, 8))
    reports, out = [], tmp_path / 'out'
    assert predict('segmentation', [images], out, reports=reports) == 2
    assert 'cannot write a film of 8200x8 pixels' in '\n'.join(reports)
    frames = {r['frame'] for r in rows(out / 'areas.csv') if r['frame']}
    assert frames == {*'01234'}
    assert not list((out / 'pictures').glob('*v.avi*'))


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


def test_half_a_journal_alone_is_no_other_file(images, tmp_path):
    """What a disk leaves that was full at the start, and then had room."""
    out = tmp_path / 'out'
    out.mkdir()
    (out / f'.{JOURNAL}.partial').write_text('{"requ')
    assert predict('detection', [images], out) == 1
    assert (out / 'detections.csv').stat().st_size > 100
    assert not list(out.glob('*.partial'))


def test_all_tables_are_closed_on_a_full_disk(tmp_path):
    """One left open would write what it holds back into a later run."""
    journal = Journal(str(tmp_path / 'out'), {}, dict(a='', b='', c=''))
    last = journal._tables['c']

    class Full:
        def close(self):
            raise OSError(errno.ENOSPC, 'No space left on device')

    journal._tables['c'].write(b'x')
    journal._tables.update(c=Full(), d=last)
    with pytest.raises(OSError, match='No space'):
        journal.close()
    assert all(journal._tables[name].closed for name in 'abd')


def test_frames_that_fail_are_told_by_their_numbers(tmp_path):
    class Picky(ToyPredictor):
        def prepare(self, grey):
            if grey.mean() > threshold:
                raise ValueError('too bright')
            return super().prepare(grey)

    path, out = str(tmp_path / 'v.avi'), str(tmp_path / 'out')
    write_video(path, frames=6)
    means = [frame.mean() for _, frame in Video(path).frames()]
    threshold = sorted(means)[3]
    items = find_items([path], out)
    run = PredictionRun(
        Picky('segmentation'), items, out, Settings(), [].append
    )
    assert run.run() == 2
    found = [row['reason'] for row in rows(tmp_path / 'out/unreadable.csv')]
    assert found == [
        f'frame {i}: too bright'
        for i, mean in enumerate(means)
        if mean > threshold
    ]


@pytest.mark.parametrize('other', [(64, 48), (160, 120)])
def test_a_video_whose_frames_change_their_size_is_reported(other, tmp_path):
    """OpenCV repeats an old frame in place of the others."""
    path, out = tmp_path / 'v.mjpeg', tmp_path / 'out'
    frames = [cv2.resize(scene(i), (128, 96)) for i in range(3)]
    frames += [cv2.resize(scene(i), other) for i in range(3)]
    data = (cv2.imencode('.jpg', frame)[1].tobytes() for frame in frames)
    path.write_bytes(b''.join(data))
    reports = []
    assert predict('segmentation', [path], out, reports=reports) == 1
    wide, high = other
    assert f'change from 128x96 to {wide}x{high} pixels after 3' in reports[0]
    assert {row['frame'] for row in rows(out / 'areas.csv')} == {*'012'}
    assert (out / 'pictures' / 'v.mjpeg.mp4').is_file()


@pytest.mark.parametrize('ending', ['.png', '.jpg', '.bmp', '.tiff'])
def test_a_picture_with_the_ending_of_a_video(ending, tmp_path):
    """As a video it would lose its orientation, and 8 of 16 bits."""
    cv2.imwrite(str(tmp_path / f'a{ending}'), scene(0))
    os.rename(tmp_path / f'a{ending}', tmp_path / 'a.mp4')
    reports = []
    arguments = 'segmentation', [tmp_path / 'a.mp4'], tmp_path / 'out'
    assert predict(*arguments, reports=reports) == 1
    assert 'it is a picture' in reports[0]
