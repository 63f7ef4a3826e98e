"""Runs that were broken off, and folders that others use."""

import errno
import json

import cv2
import pytest
from toy_inputs import files, scene, write_video
from toy_predictor import InterruptedRunError, predict

from infmae_mm.deploy.inputs import InputError
from infmae_mm.deploy.journal import JOURNAL, Journal


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
