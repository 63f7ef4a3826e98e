"""Videos in a run over files: frames, times, films."""

import os
import struct

import cv2
import numpy as np
import pytest
from toy_inputs import files, scene, write_video
from toy_predictor import ToyPredictor, predict, rows

from infmae_mm.deploy.inputs import find_items
from infmae_mm.deploy.prediction import PredictionRun
from infmae_mm.deploy.settings import Settings
from infmae_mm.deploy.values import frame_values
from infmae_mm.deploy.videos import Video


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
    """Frames too wide for the codec: the tables take all."""
    folder, out, reports = tmp_path / 'in', tmp_path / 'out', []
    folder.mkdir()
    write_video(folder / 'wide.avi', frames=3, size=(8200, 8))
    write_video(folder / 'v.avi', frames=2)
    assert predict('segmentation', [folder], out, reports=reports) == 1
    [report] = reports
    assert 'wide.avi: OpenCV cannot write a film of 8200x8 pixels' in report
    [failed] = rows(out / 'unreadable.csv')
    assert failed['image'] == 'wide.avi'
    found = {(row['image'], row['frame']) for row in rows(out / 'areas.csv')}
    assert {('wide.avi', str(i)) for i in range(3)} < found
    assert [path.name for path in (out / 'pictures').iterdir()] == [
        'v.avi.mp4'
    ]


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


@pytest.mark.parametrize('size', [(129, 97), (1, 96)])
def test_a_film_of_odd_size_keeps_its_last_row_and_column(size, tmp_path):
    path = tmp_path / 'v.mjpeg'
    frames = (cv2.resize(scene(i), size) for i in range(2))
    jpegs = (cv2.imencode('.jpg', frame)[1].tobytes() for frame in frames)
    path.write_bytes(b''.join(jpegs))
    _, frame = next(Video(str(path)).frames())
    assert frame.shape[1::-1] == size
    out = tmp_path / 'out'
    assert predict('segmentation', [path], out) == 0
    path = out / 'pictures' / 'v.mjpeg.mp4'
    _, film = cv2.VideoCapture(str(path)).read()
    assert [n % 2 for n in film.shape[:2]] == [0, 0]
    assert film.shape[0] >= size[1] and film.shape[1] >= size[0]


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
