"""Files that are whole or not there, folders that are new."""

import os
import subprocess

import pytest

from infmae_mm.files import (
    check_new_folder,
    open_atomically,
    read_list,
    scan,
    write_atomically,
)


def test_what_is_written_is_there_and_nothing_else(tmp_path):
    path = tmp_path / 'new' / 'ä [b].txt'
    with open_atomically(path) as file:
        file.write('line\r\n')
        assert not path.exists()
    assert path.read_bytes() == b'line\r\n'
    write_atomically(b'second', path)
    assert path.read_bytes() == b'second'
    assert [*path.parent.iterdir()] == [path]


def test_permissions_are_those_of_any_new_file(tmp_path):
    write_atomically(b'', tmp_path / 'ours')
    (tmp_path / 'plain').write_bytes(b'')
    modes = {(tmp_path / n).stat().st_mode for n in ('ours', 'plain')}
    assert len(modes) == 1


@pytest.mark.parametrize('error', [OSError(28, 'No space left'), KeyError()])
def test_failure_leaves_the_old_file_and_no_part(tmp_path, error):
    path = tmp_path / 'file'
    write_atomically(b'old', path)
    with pytest.raises(type(error)) as caught, open_atomically(path) as file:
        file.write('half')
        raise error
    assert path.read_bytes() == b'old'
    assert [*tmp_path.iterdir()] == [path]
    if isinstance(error, OSError):
        assert caught.value.filename == str(path)


def test_what_a_killed_process_left_is_removed(tmp_path):
    """But not what a living one is still writing."""
    path = tmp_path / 'file'
    with open_atomically(path) as file:
        [part] = tmp_path.iterdir()
        dead = subprocess.Popen(['true'])
        dead.wait()
        living = os.getppid()
        left = [
            part.with_name(part.name.replace(str(os.getpid()), str(pid)))
            for pid in (dead.pid, living)
        ]
        for other in left:
            other.write_bytes(b'half')
        file.write('whole')
    write_atomically(b'next', path)
    assert [other.exists() for other in left] == [False, True]


def test_new_folder(tmp_path):
    check_new_folder(tmp_path / 'absent')
    check_new_folder(tmp_path)
    (tmp_path / 'mine').write_text('')
    for taken in (tmp_path, tmp_path / 'mine'):
        with pytest.raises(FileExistsError, match='new or an empty folder'):
            check_new_folder(taken)


@pytest.mark.parametrize('ending', ['\n', '\r\n', '\r'])
@pytest.mark.parametrize(
    'encoding', ['utf-8', 'utf-8-sig', 'utf-16', 'utf-16-le', 'utf-16-be']
)
def test_lists_of_any_editor(tmp_path, encoding, ending):
    names = ['a/b.png', 'mit Leer.jpg', 'rot\u7ea2.TIF', 'x\u2028y.png']
    text = ending.join([names[0], '', *names[1:], '  '])
    mark = {'utf-16-le': '\ufeff', 'utf-16-be': '\ufeff'}.get(encoding, '')
    (tmp_path / 'list.txt').write_bytes((mark + text).encode(encoding))
    assert read_list(tmp_path / 'list.txt') == names


def test_list_of_names_that_are_no_utf8(tmp_path):
    (tmp_path / 'list.txt').write_bytes(b'\xba\xec.jpg\n')
    (name,) = read_list(tmp_path / 'list.txt')
    assert os.fsencode(name) == b'\xba\xec.jpg'


@pytest.mark.parametrize('content', [b'a\0.\0', b'\xff\xfea', bytes(9)])
def test_no_list(tmp_path, content):
    (tmp_path / 'list.txt').write_bytes(content)
    with pytest.raises(ValueError, match='list.txt'):
        read_list(tmp_path / 'list.txt')


def test_scan(tmp_path):
    for name in ('b.JPG', 'a/c.png', 'Thumbs.db', '._b.jpg', '.cache/d.png'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / 'self.jpg').symlink_to('self.jpg')
    (tmp_path / 'gone.jpg').symlink_to('nowhere.jpg')
    (tmp_path / 'a' / 'up').symlink_to(tmp_path)
    (tmp_path / 'z').symlink_to(tmp_path / 'a')
    with open(os.path.join(os.fsencode(tmp_path), b'\xff.png'), 'wb'):
        pass
    assert list(scan(tmp_path, ['.jpg', '.png'])) == [
        *('a/c.png', 'b.JPG', 'gone.jpg', 'self.jpg', 'z/c.png'),
        '\udcff.png',
    ]
