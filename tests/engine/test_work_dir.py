"""Work directories that would harm what a user owns."""

import errno
import os
from pathlib import Path

import pytest
from disks import fill
from mmengine.config import Config
from mmengine.logging import MMLogger
from toy import train, write_config

from infmae_mm.engine.loggers import (
    PatientLocalVisBackend,
    PatientTensorboardVisBackend,
)
from infmae_mm.engine.processes import LaunchError
from infmae_mm.engine.work_dir import check_work_dir, folder_beside


def check(work_dir, config='config.py', **dataset):
    loader = dict(dataset=dict(type='A', **dataset)) if dataset else None
    cfg = Config(dict(work_dir=str(work_dir), train_dataloader=loader))
    check_work_dir(cfg, str(config))


@pytest.mark.parametrize(
    ('checkpoint', 'folder'),
    [
        ('runs/a/epoch_1.pth', 'runs/a/test'),
        ('epoch_1.pth', 'test'),
        ('https://host/a/epoch_1.pth', 'work_dirs/epoch_1/test'),
        ('s3://bucket/a.b/net.v2.pth?x=/y', 'work_dirs/net.v2/test'),
        ('infmae_mm://mini-thermal', 'work_dirs/mini-thermal/test'),
    ],
)
def test_folders_beside_checkpoints(checkpoint, folder):
    assert folder_beside(checkpoint, 'test') == Path(folder)


def test_home_is_no_folder_of_that_name():
    assert folder_beside('~/a.pth', 'test') == Path.home() / 'test'


def test_the_folder_of_the_config(tmp_path):
    config = write_config(tmp_path, 'mine')
    before = config.read_bytes()
    with pytest.raises(SystemExit, match='overwrite mine.py'):
        train([str(config), f'--work-dir={config.parent}'])
    assert config.read_bytes() == before
    assert [p.name for p in config.parent.iterdir()] == ['mine.py']


def test_a_config_in_the_folder_of_its_run(tmp_path):
    """What a run has dumped may be replaced, what a user has edited not."""
    config = tmp_path / 'config.py'
    (tmp_path / '20260101_120000').mkdir()
    Config(dict(max_epochs=3)).dump(config)
    check(tmp_path, config)
    config.write_text(f'# tried with more\n{config.read_text()}')
    with pytest.raises(LaunchError, match='overwrite config.py'):
        check(tmp_path, config)


def test_a_file_of_the_users_with_a_name_of_ours(tmp_path):
    (tmp_path / 'unreadable_images.txt').write_text('my notes')
    with pytest.raises(LaunchError, match=r'unreadable_images\.txt'):
        check(tmp_path)


def test_the_folder_of_a_run_is_its_own(tmp_path):
    (tmp_path / 'config.py').touch()
    (tmp_path / 'unreadable_images.txt').touch()
    (tmp_path / '20260101_120000').mkdir()
    check(tmp_path)


def test_other_files_do_no_harm(tmp_path):
    (tmp_path / 'notes.txt').touch()
    check(tmp_path)


@pytest.mark.parametrize('inside', ['', 'run', 'a/run'])
def test_among_the_images(tmp_path, inside):
    with pytest.raises(LaunchError, match='among the images'):
        check(tmp_path / inside, data_root=str(tmp_path))
    assert not (tmp_path / 'run').exists()
    segmentation = dict(img_path='images', seg_map_path='labels')
    for prefix in (segmentation, 'images'):  # mmseg's, mmpretrain's
        with pytest.raises(LaunchError, match='among the images'):
            check(
                tmp_path / 'images' / inside,
                data_root=str(tmp_path),
                data_prefix=prefix,
            )


def test_beside_the_images(tmp_path):
    prefix = dict(img_path='images', seg_map_path='labels')
    root = str(tmp_path)
    check(tmp_path / 'run', data_root=root, data_prefix=prefix)
    check(tmp_path / 'run', data_root=root, data_prefix='train')
    check(tmp_path / 'run', data_root=root, ann_file='list.txt')
    check(tmp_path / 'run', data_root=str(tmp_path / 'data'))
    with pytest.raises(LaunchError, match='among the images'):
        check(tmp_path, data_root=root, data_prefix=prefix)


def test_a_link_to_the_images(tmp_path):
    (tmp_path / 'images').mkdir()
    (tmp_path / 'link').symlink_to(tmp_path / 'images')
    with pytest.raises(LaunchError, match='among the images'):
        check(tmp_path / 'link' / 'run', data_root=str(tmp_path / 'images'))


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(LaunchError, match='file'):
        check(tmp_path / 'file')
    with pytest.raises(LaunchError, match='file'):
        check(tmp_path / 'file' / 'run')


def test_read_only(tmp_path, monkeypatch):
    monkeypatch.setattr(os, 'access', lambda path, mode: False)
    with pytest.raises(LaunchError, match='no permission'):
        check(tmp_path)


@pytest.mark.slow
def test_a_full_disk_stops_the_run_which_goes_on_with_room(small_disk):
    work_dir = small_disk / 'run'
    config = write_config(small_disk.parent, 'full')
    filled = "custom_hooks.append(dict(type='FillHook', at=8))\n"
    filling = write_config(small_disk.parent, 'filling', filled)
    with pytest.raises(SystemExit, match='could not be written') as error:
        train([str(filling), f'--work-dir={work_dir}'])
    message = str(error.value)
    assert str(work_dir / 'epoch_2.pth') in message
    assert '--resume goes on from' in message
    assert sorted(p.name for p in work_dir.glob('epoch*')) == ['epoch_1.pth']
    assert not list(work_dir.glob('.*'))
    (small_disk / 'filler').unlink()
    train([str(config), f'--work-dir={work_dir}', '--resume'])
    assert (work_dir / 'epoch_4.pth').is_file()


# the thread that writes dies of it
@pytest.mark.filterwarnings(
    'ignore::pytest.PytestUnhandledThreadExceptionWarning'
)
@pytest.mark.parametrize(
    'backend', [PatientLocalVisBackend, PatientTensorboardVisBackend]
)
def test_a_log_goes_on_when_there_is_room(small_disk, backend):
    log = backend(str(small_disk / 'log'))
    log.add_scalars({'loss': 1.0}, step=1)
    filler = fill(small_disk)
    for step in range(2, 200):
        log.add_scalars({f'loss_{i}': 1.0 for i in range(50)}, step=step)
    filler.unlink()
    log.add_scalars({'loss': 0.5}, step=200)
    log.add_scalars({'loss': 0.25}, step=201)
    log.close()
    files = [p for p in (small_disk / 'log').rglob('*') if p.is_file()]
    content = b''.join(path.read_bytes() for path in files)
    assert content
    if backend is PatientLocalVisBackend:
        assert b'0.25' in content


@pytest.mark.parametrize(
    'backend', [PatientLocalVisBackend, PatientTensorboardVisBackend]
)
def test_a_log_that_cannot_be_written_is_told_once(
    tmp_path, monkeypatch, backend, caplog
):

    def fail(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    log = backend(str(tmp_path / 'log'))
    parent = backend.__mro__[2]
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    with monkeypatch.context() as patched:
        patched.setattr(parent, 'add_scalars', fail)
        for step in range(3):
            log.add_scalars({'loss': 1.0}, step=step)
    log.add_scalars({'loss': 1.0}, step=3)
    logger.removeHandler(caplog.handler)
    told = [r for r in caplog.records if 'cannot write' in r.getMessage()]
    assert len(told) == 1
    assert str(tmp_path / 'log') in told[0].getMessage()
    log.close()
    assert any((tmp_path / 'log').iterdir())
