import errno
import os
import subprocess
import sys

import pytest
from disks import fill

from infmae_mm.curation.statistics import ImageStatistics
from infmae_mm.curation.statistics_cache import Stamp, StatisticsCache

STAMP = Stamp(10, 20)
STATISTICS = [
    ImageStatistics(640, 512, 8, i / 7, 2**64 - 1 - i) for i in range(3)
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / 'statistics.jsonl'
    with StatisticsCache(path) as cache:
        for i, statistics in enumerate(STATISTICS):
            cache.add(f'/ä b/{i}.png', STAMP, statistics)
    return path


def read(path):
    with StatisticsCache(path) as cache:
        return [cache.get(f'/ä b/{i}.png', STAMP) for i in range(3)]


def test_round_trip(file):
    before = file.read_bytes()
    assert read(file) == STATISTICS
    assert file.read_bytes() == before


def test_a_changed_file_is_not_known(file):
    with StatisticsCache(file) as cache:
        assert cache.get('/ä b/0.png', Stamp(11, 20)) is None
        assert cache.get('/ä b/0.png', Stamp(10, 21)) is None
        cache.add('/ä b/0.png', Stamp(11, 20), STATISTICS[2])
    with StatisticsCache(file) as cache:
        assert cache.get('/ä b/0.png', Stamp(11, 20)) == STATISTICS[2]
        assert cache.get('/ä b/0.png', STAMP) is None


@pytest.mark.parametrize('cut', [1, 5, 40])
def test_a_cut_line_is_dropped(file, cut):
    whole = file.read_bytes()
    file.write_bytes(whole[:-cut])
    assert read(file) == [*STATISTICS[:2], None]
    with StatisticsCache(file) as cache:
        cache.add('/ä b/2.png', STAMP, STATISTICS[2])
    assert file.read_bytes() == whole


def test_cut_within_the_first_line(file):
    file.write_bytes(file.read_bytes()[:9])
    assert read(file) == [None] * 3


@pytest.mark.parametrize(
    'text', ['precious', 'precious\n', '{}\n', '"other"\n[1]\n']
)
def test_another_file_is_refused(tmp_path, text):
    path = tmp_path / 'notes.txt'
    path.write_text(text)
    with pytest.raises(ValueError, match='notes.txt'):
        StatisticsCache(path)
    assert path.read_text() == text


def test_a_damaged_line_is_named(file):
    lines = file.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2][:10] + b'\n'
    file.write_bytes(b''.join(lines))
    with pytest.raises(ValueError, match='line 3'):
        StatisticsCache(file)


def test_one_process_at_a_time(file):
    code = 'import fcntl, sys; file = open(sys.argv[1], "r+b"); '
    code += 'fcntl.lockf(file, fcntl.LOCK_EX); print(flush=True); input()'
    with subprocess.Popen(
        [sys.executable, '-c', code, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        other.stdout.readline()
        with pytest.raises(BlockingIOError, match='in use'):
            StatisticsCache(file)
        other.communicate(b'\n')
    assert read(file) == STATISTICS


def test_stamp(tmp_path):
    path = tmp_path / 'a'
    assert Stamp.of(str(path)) is None
    path.write_bytes(b'123')
    stamp = Stamp.of(str(path))
    assert stamp.size == 3
    os.utime(path, ns=(0, stamp.mtime_ns + 1))
    assert Stamp.of(str(path)) != stamp


def test_a_full_disk_is_named(small_disk):
    path = small_disk / 'statistics.jsonl'
    cache = StatisticsCache(path)
    fill(small_disk)
    with pytest.raises(OSError) as error, cache:
        for i in range(1000):
            cache.add(f'/images/{i}.png', STAMP, STATISTICS[0])
    assert error.value.errno == errno.ENOSPC
    assert error.value.filename == str(path)
