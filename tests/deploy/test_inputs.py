"""What is found in the inputs, and how it is called."""

import os

import pytest

from infmae_mm.deploy.inputs import InputError, find_items, unique_keys


def names(items):
    return [item.name for item in items]


def test_folders_are_searched_at_any_depth(images, tmp_path):
    (images / '.hidden').mkdir()
    (images / '.hidden' / 'a.png').write_bytes(b'')
    os.symlink(images, images / 'x' / 'up')
    found = find_items([str(images)], str(tmp_path / 'out'))
    assert names(found) == ['a.png', 'b.TIFF', 'c.png', 'x/a.jpg', 'x/a.png']


def test_lists_are_relative_to_their_folder(images, tmp_path):
    elsewhere = tmp_path / 'elsewhere.png'
    (images / 'list.txt').write_text(f'x/a.jpg\n\n a.png \n{elsewhere}\n')
    found = find_items([str(images / 'list.txt')], 'out')
    assert [item.path for item in found] == [
        str(images / 'x' / 'a.jpg'),
        str(images / 'a.png'),
        str(elsewhere),
    ]
    assert names(found)[:2] == ['x/a.jpg', 'a.png']


@pytest.mark.parametrize('coding', ['utf-8-sig', 'utf-16'])
def test_lists_as_windows_writes_them(images, coding):
    (images / 'list.txt').write_text('a.png\r\nx/a.jpg\r\n', coding)
    found = find_items([str(images / 'list.txt')], 'out')
    assert [item.path for item in found] == [
        str(images / 'a.png'),
        str(images / 'x' / 'a.jpg'),
    ]
    (images / 'list.txt').write_bytes('a.png'.encode('utf-16-le'))
    with pytest.raises(InputError, match='null bytes'):
        find_items([str(images / 'list.txt')], 'out')


def test_names_that_are_no_text(images):
    path = os.fsencode(images) + b'/\xe9.png'
    os.rename(os.fsencode(images / 'a.png'), path)
    (item,) = find_items([os.fsdecode(path)], 'out')
    assert item.name == '\\udce9.png'
    assert os.fsencode(item.path) == path


def test_long_names_leave_room_for_endings():
    long = 'x' * 251
    keys = unique_keys([f'b/{long}.png', f'b/{long[1:]}.png', 'é' * 120])
    assert len(set(keys)) == 3
    assert max(len(os.fsencode(key)) for key in keys) <= 202


def test_a_file_named_twice_is_taken_once(images):
    file = str(images / 'a.png')
    found = find_items([file, str(images)], 'out')
    assert len(found) == 5
    assert names(found)[0] == 'a.png'


def test_files_of_two_folders_keep_them(images, tmp_path):
    found = find_items([str(images / 'x'), str(images / 'a.png')], 'out')
    assert names(found) == ['x/a.jpg', 'x/a.png', 'a.png']


def test_keys_never_meet():
    names = ['a.png', 'a.jpg', 'a.jpg.png', 'b/a.png', 'A.bmp', 'v.mp4']
    names += ['v.mp4.png', 'c.tif']
    keys = unique_keys(names)
    assert len({key.lower() for key in keys}) == len(names)
    assert keys[3] == 'b/a'
    assert keys[-1] == 'c'


@pytest.mark.parametrize(
    'inputs, match',
    [
        (['missing'], 'no such file or folder'),
        (['images/notes.md'], 'neither an image'),
        (['empty'], 'no image and no video'),
    ],
)
def test_bad_inputs(inputs, match, images, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'empty').mkdir()
    with pytest.raises(InputError, match=match):
        find_items(inputs, 'out')


def test_results_inside_the_images_are_refused(images):
    with pytest.raises(InputError, match='would lie in the folder'):
        find_items([str(images)], str(images / 'out'))
