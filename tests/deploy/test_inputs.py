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


def test_spaces_of_all_kinds_stay_in_names(images):
    """As macOS has them in '10.00\u202fPM.png'; line breaks do not."""
    for name in ('a\u202fb\xa0c\u3000d.png', 'a\u2028b\nc.png'):
        (images / name).write_bytes(b'')
    found = names(find_items([str(images)], 'out'))
    assert 'a\u202fb\xa0c\u3000d.png' in found
    assert 'a\\u2028b\\nc.png' in found


def test_long_names_leave_room_for_endings():
    long = 'x' * 251
    keys = unique_keys([f'b/{long}.png', f'b/{long[1:]}.png', 'é' * 120])
    assert len(set(keys)) == 3
    assert max(len(os.fsencode(key)) for key in keys) <= 202


def test_lists_of_windows_and_links_to_themselves(images):
    (images / 'list.txt').write_text('x/a.jpg\r\na.png\r\n', 'utf-16')
    (images / 'loop').symlink_to('loop')
    (images / 'loop.png').symlink_to('loop.png')
    found = find_items([str(images / 'list.txt')], 'out')
    assert [os.path.basename(item.path) for item in found] == [
        *('a.jpg', 'a.png'),
    ]
    assert 'loop.png' in names(find_items([str(images)], 'out'))


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


def test_results_never_have_the_name_of_a_folder():
    """The label map of a.tif would be a.png, which is a folder."""
    names = ['a.tif', 'a.png/b.png', 'v.mp4', 'V.mp4/x/000001.png', 'c.tif']
    keys = unique_keys([*names, 'c/d.png'])
    files = {f'{key}.png'.casefold() for key in keys if 'v.mp4' not in key}
    folders = {os.path.dirname(key).casefold() for key in keys}
    assert not files & folders
    assert keys == ['a_', 'a.png/b', 'v.mp4_', 'V.mp4/x/000001', 'c', 'c/d']


def test_files_elsewhere_share_no_name_in_tables(images, tmp_path):
    """Below the list, and at the same path below the root of the disk."""
    twin = images / str(tmp_path).lstrip('/') / 'e.png'
    lines = f'{tmp_path / "e.png"}\n{twin}\n'
    (images / 'list.txt').write_text(lines)
    found = find_items([str(images / 'list.txt')], 'out')
    below = str(twin.relative_to(images))
    assert names(found) == [str(tmp_path / 'e.png'), below]
    assert len({item.key for item in found}) == 2
    assert not any(item.key.startswith('/') for item in found)
